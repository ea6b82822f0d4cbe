package runbooks_test

import (
	"strings"
	"testing"

	"darksite/runbooks"

	"github.com/stretchr/testify/require"
)

// Each rule broken once, and its finding named.
func TestLint(t *testing.T) {
	const yaml, en, fr = "pump/runbook.yaml", "pump/en.md", "pump/fr.md"
	cases := []struct{ name, file, from, to, want string }{
		{"id with capitals", yaml, "id: pump", "id: Pump", `id "Pump": want a-z`},
		{"version zero", yaml, "version: 1", "version: 0", "version, severity (1 to 4), minutes and people are needed"},
		{"severity five", yaml, "severity: 2\naudience", "severity: 5\naudience", "version, severity (1 to 4), minutes and people are needed"},
		{"nobody", yaml, "people: 1", "people: 0", "version, severity (1 to 4), minutes and people are needed"},
		{"no time", yaml, "minutes: 5", "minutes: 0", "version, severity (1 to 4), minutes and people are needed"},
		{"a long title", yaml, "en: A pump stands", "en: " + strings.Repeat("p", 61), "title in en: want 1 to 60 characters"},
		{"no French title", yaml, ", fr: Une pompe est arrêtée}", "}", "title in fr: want 1 to 60 characters"},
		{"no impact", yaml, "fr: il fait chaud", `fr: ""`, "impact in fr is missing"},
		{"no symptoms", yaml, "[water, eau]", "[]", "symptoms, audience and owner are needed"},
		{"no products", yaml, "[flasharray]", "[]", "products []: want one or several of flasharray, flashblade, host"},
		{"no owner", yaml, "owner: darksite\n", "", "symptoms, audience and owner are needed"},
		{"a product nobody makes", yaml, "[flasharray]", "[flasharray, toaster]", "products [flasharray toaster]: want one or several of"},
		{"neither alert nor task", yaml, "triggers:\n  - {rule: pump, component: pump}\n", "", "no alert and no task leads here"},
		{"a task instead of an alert", yaml, "triggers:\n  - {rule: pump, component: pump}\n", "tasks: [{en: mend a pump, fr: réparer une pompe}]\n", ""},
		{"a task in one language", yaml, "symptoms:", "tasks: [{en: mend a pump}]\nsymptoms:", "a task needs words in both languages"},
		{"a trigger without a rule", yaml, "{rule: pump, component", "{component", "a trigger names neither a rule nor a number"},
		{"no limit of resuming", yaml, "resume_max: 12h", "resume_max: 0s", "resume_max is needed"},
		{"no day of review", yaml, "reviewed_on: 2026-11-22", "reviewed_on: soon", "reviewed_on (a day) and review_every_days are needed"},
		{"never reviewed again", yaml, "review_every_days: 365", "review_every_days: 0", "reviewed_on (a day) and review_every_days are needed"},
		{"risk told too low", yaml, "risk_max: R2", "risk_max: R0", "risk_max is R0, the steps reach R2"},
		{"risk told too high", yaml, "risk_max: R2", "risk_max: R3", "risk_max is R3, the steps reach R2"},
		{"related to nothing", yaml, "owner: darksite", "owner: darksite\nrelated: [fan]", `related runbook "fan" does not exist`},
		{"no first step", yaml, "first: what", "first: begin", `first step "begin" does not exist`},
		{"two steps of one id", yaml, "- {id: fine, kind: end, outcome: not_applicable}", "- {id: fine, kind: end, outcome: not_applicable}\n  - {id: fine, kind: end, outcome: not_applicable}", "step fine: id is empty, has other letters than a-z 0-9 -, or stands twice"},
		{"an edge into nothing", yaml, "on: {seen: stands}", "on: {seen: sits}", `step what: leads to "sits", which does not exist`},
		{"a step nobody reaches", yaml, "fail: fine", "fail: call", "step fine: no path leads here"},
		{"a circle without an end", yaml, "on: {drafted: called, failed: called}", "on: {drafted: take, failed: take}", "step call: no path from here comes to an end"},
		{"a result without an edge", yaml, "pass: look, fail: fine, unknown: call", "pass: look, fail: fine", `step stands: result "unknown" leads nowhere`},
		{"a result that does not exist", yaml, "on: {seen: stands}", "on: {seen: stands, done: call}", `step what: result "done" does not exist for a read`},
		{"a kind that does not exist", yaml, "kind: confirm", "kind: conform", `step sure: kind "conform" is not known`},
		{"no kind", yaml, "{id: sure, kind: confirm, ", "{id: sure, ", `step sure: kind "" is not known`},
		{"a branch with results", yaml, "else: call\n", "else: call\n    on: {done: call}\n", "step which: a branch has no results"},
		{"unknown as pass", yaml, "fail: fine, unknown: call", "fail: fine, unknown: look", "step stands: unknown leads where pass leads"},
		{"fail as pass", yaml, "fail: fine, unknown: call", "fail: look, unknown: call", "step stands: fail leads where pass leads"},
		{"not done as done", yaml, "not_done: which, unknown: take}", "not_done: warm, unknown: take}", "step turn: not_done leads where done leads"},
		{"expired as reached", yaml, "reached: well, expired: take", "reached: well, expired: well", "step warm: expired leads where reached leads"},
		{"unknown as reached", yaml, "expired: take, unknown: take", "expired: take, unknown: well", "step warm: unknown leads where reached leads"},
		{"unknown reaches an action", yaml, "fail: fine, unknown: call", "fail: fine, unknown: turn", "step stands: unknown reaches turn and nobody has looked"},
		{"unknown reaches an action over a branch", yaml, "{step: look, is: still, then: take}", "{step: look, is: still, then: take}\n      - {step: look, is: cannot-see, then: turn}", ""},
		{"unknown reaches a good end", yaml, "fail: fine, unknown: call", "fail: call, unknown: fine", "step stands: unknown reaches fine and nobody has looked"},
		{"unknown reaches a good end over evidence", yaml, "on: {taken: call, failed: call}", "on: {taken: fine, failed: call}", "step turn: unknown reaches fine and nobody has looked"},
		{"a check without a question", yaml, "    expect: {count: {type: pump, status: [stopped], op: \">=\", value: 1}}\n", "", "step stands: a check needs expect and max_age"},
		{"a check of any age", yaml, "max_age: 2m", "max_age: 0s", "step stands: a check needs expect and max_age"},
		{"a question in a step that asks nothing", yaml, "{id: sure, kind: confirm,", "{id: sure, kind: confirm, expect: {alert: {rule: x}},", "step sure: expect is never read in a confirm"},
		{"a severity where no case is opened", yaml, "{id: fine, kind: end,", "{id: fine, kind: end, severity: 1,", "step fine: severity is never read in an end"},
		{"nothing seen", yaml, "id: cannot-see", "id: cannot", "step look: an observe needs choices, one of them cannot-see"},
		{"a choice without French", yaml, "fr: je ne la vois pas", `fr: ""`, "step look: an observe needs every choice in both languages"},
		{"a choice like the key to leave", yaml, "id: still,", "id: q,", "step look: an observe needs choices with an id of at least two letters, each once"},
		{"a choice twice", yaml, "id: still,", "id: cannot-see,", "step look: an observe needs choices with an id of at least two letters, each once"},
		{"an action of the kit (R1) without a deed", yaml, "risk: R2", "risk: R1", "step turn: an action needs do at risk R1"},
		{"a deed that is none", yaml, "risk: R2\n", "risk: R1\n    do: {what: reboot}\n", `step turn: do: "reboot" is nothing the kit does`},
		{"a window without an end", yaml, "risk: R2\n", "risk: R1\n    do: {what: mute}\n", "step turn: do: mute needs for"},
		{"a window of days", yaml, "risk: R2\n", "risk: R1\n    do: {what: mute, for: 25h}\n", "step turn: do: mute needs for"},
		{"a time nobody reads", yaml, "risk: R2\n", "risk: R1\n    do: {what: locate, for: 1h}\n", "step turn: do: for is read for mute only"},
		{"a deed at a risk where a person acts", yaml, "risk: R2\n", "risk: R2\n    do: {what: locate}\n", "step turn: an action needs no do"},
		{"a deed of a read", yaml, "{id: what, kind: read,", "{id: what, kind: read, do: {what: locate},", "step what: do is never read in a read"},
		{"an action of two persons (R3) alone", yaml, "risk: R2", "risk: R3", "step turn: an action needs people: 2"},
		{"an action no runbook may ask for (R4)", yaml, "risk: R2", "risk: R4", "step turn: an action needs a risk of R1, R2 or R3; R4 is for nobody"},
		{"an action without risk", yaml, "    risk: R2\n", "", "step turn: an action needs a risk of R1, R2 or R3"},
		{"a call of nothing", yaml, "{id: sure, kind: confirm, on: {\"yes\": turn, \"no\": which}}", "{id: sure, kind: call, on: {resolved: turn, mitigated: turn, escalated: which, not_applicable: which, failed: which}}", "step sure: a call needs a runbook"},
		{"a call into nothing", yaml, "{id: sure, kind: confirm, on: {\"yes\": turn, \"no\": which}}", "{id: sure, kind: call, runbook: fan, on: {resolved: turn, mitigated: turn, escalated: which, not_applicable: which, failed: which}}", `step sure: calls the runbook "fan", which does not exist`},
		{"a call of itself", yaml, "{id: sure, kind: confirm, on: {\"yes\": turn, \"no\": which}}", "{id: sure, kind: call, runbook: pump, on: {resolved: turn, mitigated: turn, escalated: which, not_applicable: which, failed: which}}", "step sure: calls go deeper than 2, or in a circle"},
		{"a call that failed as one that came back well", yaml, "{id: sure, kind: confirm, on: {\"yes\": turn, \"no\": which}}", "{id: sure, kind: call, runbook: pump, on: {resolved: turn, mitigated: turn, escalated: which, not_applicable: which, failed: turn}}", "step sure: failed leads where resolved leads"},
		{"percentile without a window", yaml, "metric: {name: flow, op: \">\", value: 1}", "percentile: {name: flow, percent: 95, op: \">\", value: 1}", "step warm: expect: percentile needs"},
		{"a percentile beyond all", yaml, "metric: {name: flow, op: \">\", value: 1}", "percentile: {name: flow, percent: 101, window: 1h, op: \">\", value: 1}", "step warm: expect: percentile needs"},
		{"rate without a window", yaml, "metric: {name: flow, op: \">\", value: 1}", "rate: {name: flow, op: \">\", value: 1}", "step warm: expect: rate needs"},
		{"steady without a window", yaml, "metric: {name: flow, op: \">\", value: 1}", "steady: {name: flow}", "step warm: expect: steady needs"},
		{"the same as itself", yaml, "metric: {name: flow, op: \">\", value: 1}", "same: {name: flow, on: ct, of: [CT0], within: 1}", "step warm: expect: same needs"},
		{"an age beyond what is looked at", yaml, "metric: {name: flow, op: \">\", value: 1}", "age: {name: flow, op: \">\", value: 1h, window: 1h}", "step warm: expect: age needs"},
		{"risk of a read", yaml, "{id: what, kind: read,", "{id: what, kind: read, risk: R2,", "step what: only an action carries a risk"},
		{"an action that proves nothing", yaml, "    after: {each: {type: pump, status: [runs]}}\n", "", "step turn: an action needs before, after, max_age, within and a shorter every"},
		{"an action that looks too late", yaml, "within: 5m", "within: 30s", "step turn: an action needs before, after, max_age, within and a shorter every"},
		{"no way back", yaml, "    undo: {en: turn it back, fr: revenir en arrière}\n", "", "step turn: an action needs undo in both languages"},
		{"a wait without an end", yaml, "within: 10m", "within: 0s", "step warm: a wait needs expect, max_age, within and a shorter every"},
		{"a branch without else", yaml, "    else: call\n", "", "step which: a branch needs when and else"},
		{"a branch on nothing", yaml, "is: still", "is: broken", `step which: when look is "broken": no such step or result`},
		{"evidence of nothing", yaml, "profile: array-state, ", "", "step take: a collect needs a profile"},
		{"a case without severity", yaml, "    severity: 2\n", "", "step call: an escalate needs a severity from 1 to 4"},
		{"a case without a subject", yaml, "fr: la pompe est arrêtée", `fr: ""`, "step call: an escalate needs a summary in both languages"},
		{"a case that holds nothing", yaml, "fr: ne toucher aucune vanne", `fr: ""`, "step call: an escalate needs hold in both languages"},
		{"an end of no kind", yaml, "outcome: not_applicable", "outcome: hoped", "step fine: an end needs an outcome"},
		{"an end that nothing proves", yaml, ", needs: warm", "", "step well: an end needs a step in needs"},
		{"an end that an opinion proves", yaml, "needs: warm", "needs: look", "step well: an end needs a step in needs"},
		{"two questions at once", yaml, "expect: {metric: {name: flow, op: \">\", value: 1}}", "expect: {alert: {rule: x}, metric: {name: flow, op: \">\", value: 1}}", "step warm: expect: asks 2 questions"},
		{"no question", yaml, "before: {count: {type: pump, status: [stopped], op: \">=\", value: 1}}", "before: {}", "step turn: before: asks 0 questions"},
		{"count without words", yaml, "status: [stopped], op", "status: [], op", "step stands: expect: count needs"},
		{"each without a type", yaml, "each: {type: pump", "each: {type: \"\"", "step turn: after: each needs type and status"},
		{"a pattern that fits nothing", yaml, "each: {type: pump", "each: {names: [\"[\"], type: pump", "step turn: after: each has a pattern"},
		{"an operator nobody knows", yaml, "op: \">\", value: 1", "op: \"=>\", value: 1", "step warm: expect: metric needs"},
		{"a unit nobody knows", yaml, "op: \">\", value: 1", "op: \">\", value: 1, unit: litres", "step warm: expect: metric needs"},
		{"growth without a window", yaml, "metric: {name: flow, op: \">\", value: 1}", "growth: {name: flow, op: \">\", value: 1}", "step warm: expect: growth needs"},
		{"an alert without a rule", yaml, "metric: {name: flow, op: \">\", value: 1}", "alert: {open: true}", "step warm: expect: alert needs a rule"},
		{"another title in the words", en, "# A pump stands", "# A pump is broken", "en: the title of the words is not the title of the runbook"},
		{"no introduction", fr, "Regarder {target}.", "", "fr: the introduction is missing"},
		{"an address in the introduction", en, "Look {target}.", "Look {target} at https://example.net.", "runbook pump: en: no address on a network"},
		{"an address in a step", en, "Look {component}.", "Look {component} at ftp://example.net.", "step what: en: no address on a network"},
		{"commands", en, "Look {component}.", "Look {component}.\n\n~~~\nrm -rf /\n~~~\n", "step what: en: no address on a network and no block of commands"},
		{"a step without words", fr, "## warm: Regarder", "## warm-up: Regarder", "step warm: fr: no words"},
		{"words without a step", fr, "## warm: Regarder", "## warm-up: Regarder", "step warm-up: fr: words for a step that does not exist"},
		{"a step of an essay", en, "Look {component}.", "Look {component} " + strings.Repeat("very ", 120), "words, at most 120: cut the step"},
		{"a lost warning", fr, "> Regarder\n> Regarder", "Regarder", "step what: the number of warnings"},
		{"a lost placeholder", fr, "Regarder {component}", "Regarder", "step what: placeholders differ: en [{component}], fr []"},
		{"a lost placeholder in the introduction", en, "{target}", "it", "runbook pump: placeholders differ: en [], fr [{target}]"},
		{"a lost point of a list", fr, "Regarder {component}.", "Regarder {component}.\n\n- une chose", "step what: points of lists differ: en [], fr [-]"},
		{"steps in another order", en, "Look {component}.", "Look {component}.\n\n1. one\n3. two", "step what: points of lists differ: en [1. 3.], fr []"},
		{"a command that was translated", fr, "Regarder {component}.", "Regarder {component} avec `darksite etat`.", "step what: commands and code differ: en [], fr [`darksite etat`]"},
		{"a page of a console that was translated", fr, "Regarder {component}.", "Regarder {component} dans Health > Hardware.", "step what: pages of a console differ: en [], fr [Health > Hardware]"},
		{"another figure", fr, "Regarder {component}.", "Regarder {component} pendant 15 minutes.", "step what: figures differ: en [], fr [15]"},
		{"a lost emphasis", fr, "Regarder {component}.", "Regarder **{component}**.", "step what: bold words differ"},
		{"half of the words", fr, "Regarder {component}.", "Regarder {component} longtemps et encore une fois de tout près.", "step what: one language says half of what the other says"},
		{"words nobody translated", yaml, "en: touch no valve, fr: ne toucher aucune vanne", "en: touch no valve today, fr: touch no valve today", "step call: the words are the same in both languages"},
		{"a lost placeholder in a choice", yaml, "fr: \"{component} est", "fr: \"la pompe est", "step look: placeholders differ"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := runbooks.Load(changed(t, c.file, c.from, c.to))
			if c.want == "" { // a person has looked on this way, so it is allowed
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			var finding runbooks.LintError
			require.ErrorAs(t, err, &finding)
		})
	}
}

func TestLintFindsAPlaceholderNobodyFills(t *testing.T) {
	fsys := changed(t, "pump/en.md", "{component}", "{componnet}")
	fsys["pump/fr.md"] = changed(t, "pump/fr.md", "{component}", "{componnet}")["pump/fr.md"]
	_, err := runbooks.Load(fsys)
	require.ErrorContains(t, err, "step what: placeholder {componnet} is filled by nobody")
}

// A warning is a paragraph: a translation may break its lines elsewhere.
func TestWarningsAreCountedByParagraph(t *testing.T) {
	_, err := runbooks.Load(changed(t, "pump/fr.md", "> Regarder\n> Regarder", "> Regarder\n> Regarder\n> Regarder"))
	require.NoError(t, err)
	_, err = runbooks.Load(changed(t, "pump/fr.md", "> Regarder\n> Regarder", "> Regarder\n\n> Regarder"))
	require.ErrorContains(t, err, "number of warnings")
}
