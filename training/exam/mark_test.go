package exam_test

import (
	"testing"
	"time"

	"darksite/training/certificate"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

func TestMark(t *testing.T) {
	b := loadBank(t)
	for _, tt := range []struct {
		name, item string
		answer     exam.Answer
		right      bool
	}{
		{"the right one of several", "s1-single-0", "red", true},
		{"another one", "s1-single-0", "blue", false},
		{"all right ones, in any order", "s1-multi-0", "mail host", true},
		{"only one of the right ones", "s1-multi-0", "host", false},
		{"a wrong one beside the right ones", "s1-multi-0", "host mail version", false},
		{"the number", "s1-numeric-0", "2", true},
		{"the number with its unit", "s1-numeric-0", "2 people", true},
		{"the edge of the tolerance", "s1-numeric-0", "2.25", true},
		{"a decimal comma", "s1-numeric-0", "2,25", true},
		{"past the tolerance", "s1-numeric-0", "2.26", false},
		{"the order", "s1-order-0", "collect redact seal", true},
		{"another order", "s1-order-0", "collect seal redact", false},
		{"the pairs, in any order", "s1-match-0", "tse=tse admin=admin officer=officer", true},
		{"two pairs crossed", "s1-match-0", "tse=tse admin=officer officer=admin", false},
		{"one partner for two", "s1-match-0", "tse=tse admin=tse officer=tse", false},
		{"what the screen shows", "s1-screen-0", "1234", true},
		{"what it does not show", "s1-screen-0", "1235", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			it, ok := b.Item(tt.item)
			require.True(t, ok)
			right, err := exam.Mark(it, tt.answer, "1234")
			require.NoError(t, err)
			require.Equal(t, tt.right, right)
		})
	}
}

func TestAnswersWithoutFormAreAskedAgain(t *testing.T) {
	b := loadBank(t)
	for _, tt := range []struct {
		name, item string
		answer     exam.Answer
		says       string
	}{
		{"nothing", "s1-single-0", " ", "no answer"},
		{"two for one", "s1-single-0", "red blue", "choose one"},
		{"none of the options", "s1-single-0", "pink", `no option "pink"`},
		{"one twice", "s1-multi-0", "host host", "twice"},
		{"no number", "s1-numeric-0", "two", "want a number in people"},
		{"another unit", "s1-numeric-0", "2 weeks", "want a number in people"},
		{"not a finite number", "s1-numeric-0", "inf", "want a number"},
		{"too few in order", "s1-order-0", "collect", "all 3"},
		{"no pairs", "s1-match-0", "tse", "want pairs"},
		{"too few pairs", "s1-match-0", "tse=tse", "match all 3"},
		{"a partner that is none", "s1-match-0", "tse=boss", "want pairs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			it, ok := b.Item(tt.item)
			require.True(t, ok)
			_, err := exam.Mark(it, tt.answer, "")
			require.ErrorContains(t, err, tt.says)
		})
	}
}

// clean are labs without a fault, of an officer's examination.
func clean() []exam.LabResult {
	return []exam.LabResult{
		{Kind: exam.BundleLab, Lab: "s-l1", Score: 0.9, Digest: "00", At: began.Add(time.Hour)},
		{Kind: exam.EscalateLab, Lab: "s-l2", Score: 0.7, Digest: "00", At: began.Add(time.Hour)},
	}
}

func TestJudge(t *testing.T) {
	b, p := loadBank(t), exam.Of(certificate.Officer)
	form, err := exam.Draw(b, p, 7, nil)
	require.NoError(t, err)
	var safe, plainContent, plainDecision []string
	for _, q := range form.Questions {
		switch {
		case q.Safety:
			safe = append(safe, q.ID)
		case q.Domain == "content":
			plainContent = append(plainContent, q.ID)
		default:
			plainDecision = append(plainDecision, q.ID)
		}
	}
	require.NotEmpty(t, safe)
	tests := []struct {
		name  string
		wrong []string
		labs  func([]exam.LabResult) []exam.LabResult
		lacks []string
	}{
		{name: "all right"},
		{name: "three quarters right", wrong: append(plainContent[:3:3], plainDecision[:2]...)},
		{name: "one below three quarters", wrong: append(plainContent[:3:3], plainDecision[:3]...), lacks: []string{"items"}},
		{name: "one domain below three fifths", wrong: plainContent[:5], lacks: []string{"domain content"}},
		{name: "one item about safety", wrong: safe[:1], lacks: []string{"safety " + safe[0]}},
		{
			name: "a fatal act in a lab that went well", lacks: []string{"lab s-l1"},
			labs: func(l []exam.LabResult) []exam.LabResult { l[0].Fatal = true; return l },
		},
		{
			name: "a lab below seven tenths", lacks: []string{"lab s-l2"},
			labs: func(l []exam.LabResult) []exam.LabResult { l[1].Score = 0.69; return l },
		},
		{
			name: "a lab that was not done", lacks: []string{"lab escalate"},
			labs: func(l []exam.LabResult) []exam.LabResult { return l[:1] },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			right := map[string]bool{}
			for _, q := range form.Questions {
				right[q.ID] = true
			}
			for _, id := range tt.wrong {
				delete(right, id)
			}
			labs := clean()
			if tt.labs != nil {
				labs = tt.labs(labs)
			}
			r := exam.Judge(p, form, right, labs)
			var lacks []string
			for _, l := range r.Lacks {
				what := l.What
				if l.Name != "" {
					what += " " + l.Name
				}
				lacks = append(lacks, what)
			}
			require.Equal(t, tt.lacks, lacks)
			require.Equal(t, len(tt.lacks) == 0, r.Passed)
			require.Equal(t, 20, r.Asked)
			require.ElementsMatch(t, tt.wrong, r.Wrong)
		})
	}
}

func TestLabsWeighHalf(t *testing.T) {
	r := exam.Result{Right: 16, Asked: 20, Labs: clean()}
	require.InDelta(t, 0.8, r.Total(), 1e-9)
	r.Labs[0].Fatal = true
	require.InDelta(t, (0.8+0.35)/2, r.Total(), 1e-9)
}

func TestNext(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration, passed bool) exam.Attempt { return exam.Attempt{At: now.Add(-d), Passed: passed} }
	const days = 24 * time.Hour
	for name, tt := range map[string]struct {
		attempts []exam.Attempt
		wait     time.Duration // from now; below 0 for at once
		trainer  bool
	}{
		"nobody waits for the first time":         {nil, -1, false},
		"a day after the first failure":           {[]exam.Attempt{ago(time.Hour, false)}, 23 * time.Hour, false},
		"a week after the second":                 {[]exam.Attempt{ago(9*days, false), ago(2*days, false)}, 5 * days, false},
		"a trainer after the third":               {[]exam.Attempt{ago(30*days, false), ago(20*days, false), ago(10*days, false)}, -3 * days, true},
		"three long ago still need the trainer":   {[]exam.Attempt{ago(400*days, false), ago(300*days, false), ago(200*days, false)}, -193 * days, true},
		"who passed begins anew":                  {[]exam.Attempt{ago(20*days, false), ago(10*days, true), ago(2*days, false)}, -1 * days, false},
		"three failures in 90 days around a pass": {[]exam.Attempt{ago(60*days, false), ago(50*days, false), ago(40*days, true), ago(2*days, false)}, -1 * days, true},
	} {
		t.Run(name, func(t *testing.T) {
			at, trainer := exam.Next(tt.attempts, now)
			require.Equal(t, tt.trainer, trainer)
			if tt.attempts == nil {
				require.True(t, at.IsZero())
				return
			}
			require.Equal(t, now.Add(tt.wait), at)
		})
	}
}
