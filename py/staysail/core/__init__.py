"""Values, errors and ports: what every other layer speaks. Nothing here does input or output."""
