"""The page's server: address, limits of who may reach it, headers, sites."""
