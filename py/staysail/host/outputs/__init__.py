"""Drawing of replies, runs, stores and errors in notebooks, pages and terminals."""
