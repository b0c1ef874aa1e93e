"""What went wrong is put right, and nobody is mailed twice."""
