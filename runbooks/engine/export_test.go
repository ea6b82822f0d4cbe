package engine

// Hash names a line of the log, for logs that tests write by hand.
var Hash = hash
