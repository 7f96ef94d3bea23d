"""What a page is made of: geometry, marks, symbols, painting, labels. It knows no dataset."""
