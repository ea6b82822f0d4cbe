package runbooks

// ParseProse is open to the fuzz target, which reading a whole runbook for each
// input would make slow.
var ParseProse = parseProse
