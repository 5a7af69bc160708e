"""Phase 5: liquidations by keepers or by a closing sequence, and what the backstop takes over."""
