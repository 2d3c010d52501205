# the shipped apache files
