"""How fast imgsearch is, as ratios to a floor or a rival measured beside it in the same run."""
