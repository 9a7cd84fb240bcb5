"""Tools that come with the package, or from servers."""
