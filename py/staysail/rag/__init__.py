"""From files to passages that can be searched: splitters and loaders. They know nothing of stores."""
