"""Maps over two fields of where one arrangement beats another, and the frontier of capital, tail and burden."""
