"""Labels of a page in the forms that tasks need: class ids per pixel, boxes, patches."""
