"""Charts on a page: plain ones that need no library, and interactive ones in Vega-Lite."""
