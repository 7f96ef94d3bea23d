"""From marks to symbols: their kinds, boxes, staves and relations."""
