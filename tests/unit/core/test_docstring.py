import pytest

from staysail.core.docstring import describe_args, summarise

GOOGLE = """Finds a thing.

    Looks everywhere.

    Args:
        name: What it
            is called.
        size (int, optional): How big: in metres.

    Returns:
        The thing.
    """
NUMPY = """Finds a thing.

    Looks everywhere.

    Parameters
    ----------
    name : str
        What it
        is called.
    size : int, optional
        How big: in metres.

    Returns
    -------
    str
        The thing.
    """
SPHINX = """Finds a thing.

    Looks everywhere.

    :param name: What it
        is called.
    :param int size: How big: in metres.
    :returns: The thing.
    """


@pytest.mark.parametrize("doc", [GOOGLE, NUMPY, SPHINX], ids=["google", "numpy", "sphinx"])
def test_each_style_tells_the_arguments_and_the_summary(doc: str):
    assert describe_args(doc) == {"name": "What it is called.", "size": "How big: in metres."}
    assert summarise(doc) == "Finds a thing.\n\nLooks everywhere."


@pytest.mark.parametrize("doc", ["", "One line.", "One line.\n\nReturns: nothing of note."])
def test_a_docstring_without_sections_says_nothing_of_arguments(doc: str):
    assert describe_args(doc) == {}
    assert summarise(doc) == doc
