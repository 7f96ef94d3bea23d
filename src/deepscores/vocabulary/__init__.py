"""From marks to symbols, and from symbols to the classes of any label set."""
