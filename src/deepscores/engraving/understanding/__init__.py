"""What a score means, read from the engraver's MEI: pitch, time and place by element id."""
