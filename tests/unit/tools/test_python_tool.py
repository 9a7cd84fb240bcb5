"""python_tool where there is no page; what it does in one is in tests/page/test_python_tool.py."""

import pytest

from staysail import ConfigError, python_tool


def test_outside_of_a_page_it_says_so_at_once():
    with pytest.raises(ConfigError, match="in a page"):
        python_tool()
