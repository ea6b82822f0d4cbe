package deskcmd

import (
	"fmt"
	"strings"
	"time"

	"darksite/bundle/desk"
	"darksite/cmd/internal/cli"
	"darksite/localmon/units"

	"github.com/spf13/cobra"
)

// deed is a command that records one event of a person on a case.
type deed struct {
	use, short, long, example string
	as                        string // what --as says of the person
	event                     func() (desk.Event, error)
}

func (a *app) deed(d deed) *cobra.Command {
	var as string
	c := &cobra.Command{
		Use: d.use, Short: d.short, Long: d.long, Example: "  " + d.example, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := d.event()
			if err != nil {
				return err
			}
			return a.act(c.Context(), args[0], as, e)
		},
	}
	c.Flags().StringVar(&as, "as", "", d.as)
	return c
}

func (a *app) caseAdmitCommand() *cobra.Command {
	var why string
	c := a.deed(deed{
		use: "admit CASE", short: "Take a held case after all, this once", as: "who decides",
		example: `casedesk case admit S042/T-4KQ7ZC2M5A --why "the renewal is signed" --as "R. Ney"`,
		event:   func() (desk.Event, error) { return desk.Event{Kind: desk.Admitted, Text: why}, nil },
	})
	c.Flags().StringVar(&why, "why", "", "reason")
	return c
}

func (a *app) caseRefuseCommand() *cobra.Command {
	var why string
	c := a.deed(deed{
		use: "refuse CASE", short: "Do not take a held case", as: "who decides",
		example: `casedesk case refuse S042/T-4KQ7ZC2M5A --why "the person left the site in May" --as "R. Ney"`,
		event:   func() (desk.Event, error) { return desk.Event{Kind: desk.Refused, Text: why}, nil },
	})
	c.Flags().StringVar(&why, "why", "", "reason")
	return c
}

func (a *app) caseAgreeCommand() *cobra.Command {
	var every string
	c := a.deed(deed{
		use: "agree CASE", short: "Agree with the customer how often they are told", as: "who agreed it",
		long:    "Agree how often the customer is told. Not at severity 1, where updates are\ncontinuous; --every 0 goes back to the rule of the severity.",
		example: `casedesk case agree 00000001 --every 3d --as "R. Ney"`,
		event: func() (desk.Event, error) {
			e := desk.Event{Kind: desk.Agreed}
			if every == "0" {
				return e, nil
			}
			var err error
			if e.Every, err = units.ParseDuration(every); err != nil {
				return e, cli.WithCode(cli.CodeUsage, fmt.Errorf("--every: %w", err))
			}
			return e, nil
		},
	})
	c.Flags().StringVar(&every, "every", "", "time between updates: 12h, 3d")
	return c
}

func (a *app) caseEscalateCommand() *cobra.Command {
	var e desk.Event
	c := a.deed(deed{
		use: "escalate CASE", short: "Record that the customer asks for a manager, who calls within 15 minutes", as: "who took the call",
		example: `casedesk case escalate 00000001 --by mdurand --reach "+33 4 00 00 00 01" --summary "..." --reason "..." --as "R. Ney"`,
		event: func() (desk.Event, error) {
			e.Kind = desk.Escalated
			return e, nil
		},
	})
	c.Flags().StringVar(&e.By, "by", "", "id of the contact who asks")
	c.Flags().StringVar(&e.Reach, "reach", "", "how to reach them")
	c.Flags().StringVar(&e.Summary, "summary", "", "what the case is, in short")
	c.Flags().StringVar(&e.Text, "reason", "", "why it is escalated")
	return c
}

func (a *app) caseAnswerCommand() *cobra.Command {
	var said string
	c := a.deed(deed{
		use: "answer CASE", short: "Record that a manager answered the escalation", as: "the manager, who follows the case from now on",
		example: `casedesk case answer 00000001 --said "a second engineer joins" --as "L. Roy"`,
		event:   func() (desk.Event, error) { return desk.Event{Kind: desk.Answered, Text: said}, nil },
	})
	c.Flags().StringVar(&said, "said", "", "what was agreed")
	return c
}

func (a *app) casePartCommand() *cobra.Command {
	var p desk.Part
	c := a.deed(deed{
		use: "part CASE", short: "Order a part to the site", as: "who orders it",
		long: `Order a part. How fast it comes is what the plan of the site says, counted from
now. The address, room, network and security of the site must be on file. The old
part goes back; a drive may be kept, for a fee.

Kinds: ` + strings.Join(desk.PartKinds(), ", ") + ".",
		example: `casedesk case part 00000001 --kind drive --name CH0.BAY7 --keep --as "R. Ney"`,
		event:   func() (desk.Event, error) { return desk.Event{Kind: desk.Ordered, Part: &p}, nil },
	})
	c.Flags().StringVar(&p.Kind, "kind", "", "kind of part")
	c.Flags().StringVar(&p.Name, "name", "", "where it sits: CH0.BAY7")
	c.Flags().StringVar(&p.SerialOut, "serial", "", "serial number of the old part")
	c.Flags().BoolVar(&p.Keep, "keep", false, "the site keeps the old drive")
	return c
}

func (a *app) caseMovedPartCommand() *cobra.Command {
	var e desk.Event
	var to, serial string
	c := a.deed(deed{
		use: "part-moved CASE", short: "Record where a part is: shipped, delivered, installed, returned", as: "who says so",
		example: `casedesk case part-moved 00000001 --to shipped --as "R. Ney"`,
		event: func() (desk.Event, error) {
			e.Kind, e.PartState = desk.PartMoved, desk.PartState(to)
			if serial != "" {
				e.Part = &desk.Part{SerialIn: serial}
			}
			return e, nil
		},
	})
	c.Flags().IntVar(&e.PartNo, "part", 1, "number of the part in the case")
	c.Flags().StringVar(&to, "to", "", "where it is now")
	c.Flags().StringVar(&serial, "serial", "", "serial number of the new part")
	return c
}

func (a *app) caseCloseCommand() *cobra.Command {
	var by, said string
	c := a.deed(deed{
		use: "close CASE", short: "Close a case on the word of an authorised contact", as: "who closes it",
		long:    "Close a case. An authorised contact of the site has to confirm it; the next reply\ncarries a short survey. A case nobody asked for needs no --by.",
		example: `casedesk case close 00000001 --by mdurand --words "the rebuild has ended" --as "R. Ney"`,
		event: func() (desk.Event, error) {
			return desk.Event{Kind: desk.Moved, Status: desk.Closed, By: by, Text: said}, nil
		},
	})
	c.Flags().StringVar(&by, "by", "", "id of the contact who confirms")
	c.Flags().StringVar(&said, "words", "", "the confirmation, in words")
	return c
}

func (a *app) caseReopenCommand() *cobra.Command {
	var e desk.Event
	c := a.deed(deed{
		use: "reopen CASE", short: "Take a closed case up again", as: "who reopens it",
		example: `casedesk case reopen 00000001 --why "the same drive failed again" --severity 2 --as "R. Ney"`,
		event: func() (desk.Event, error) {
			e.Kind = desk.Reopened
			return e, nil
		},
	})
	c.Flags().StringVar(&e.Text, "why", "", "reason")
	c.Flags().IntVar(&e.Severity, "severity", 0, "severity from now on (default: as it was)")
	return c
}

func (a *app) caseSurveyCommand() *cobra.Command {
	var e desk.Event
	c := a.deed(deed{
		use: "survey CASE", short: "Record the customer's answer to the survey", as: "who takes it down",
		example: `casedesk case survey 00000001 --by mdurand --score 5 --words "fast" --as "R. Ney"`,
		event: func() (desk.Event, error) {
			e.Kind = desk.Surveyed
			return e, nil
		},
	})
	c.Flags().StringVar(&e.By, "by", "", "id of the contact who answers")
	c.Flags().IntVar(&e.Score, "score", 0, "1 to 5, 5 is best")
	c.Flags().StringVar(&e.Text, "words", "", "what they said")
	return c
}

// day reads a date as its beginning in UTC.
func day(text string) (time.Time, error) { return time.Parse(time.DateOnly, text) }
