package replay

import (
	"fmt"

	"darksite/bundle/desk/triage"
)

// runPrefix stands before the runbook of a finding about a run.
const runPrefix = "run/"

// Findings are what an engineer should know of runs before their outcome is
// believed: a verdict that does not come out again, and a run nobody can read.
func Findings(runs []Run) []triage.Finding {
	var out []triage.Finding
	for _, r := range runs {
		if r.Err != nil {
			out = append(out, triage.Made(runPrefix+r.Name, "", "", 4, fmt.Sprintf("run %s cannot be read: %v", r.Name, r.Err)))
			continue
		}
		for _, v := range r.Disagree() {
			f := triage.Made(runPrefix+r.Book, r.Target, v.Step, 2,
				fmt.Sprintf("check %s of run %s was logged as %s and comes out as %s", v.Step, r.Name, v.Logged.Result, v.Again.Result))
			f.Advice = "Do not rely on what this run decided; ask the site to run it again."
			out = append(out, f)
		}
	}
	return out
}
