"""What `imgsearch eval` prints and writes of an evaluation."""
