package train

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"darksite/bundle/safefile"
	"darksite/cmd/internal/cli"
	"darksite/cmd/internal/sitecmd/site"
	"darksite/runbooks"
	"darksite/training/certificate"
	"darksite/training/exam"
	questions "darksite/training/exam/content"

	"github.com/spf13/cobra"
)

func (a *app) trainBankCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "bank", Short: "The bank of questions: check it, exchange it with a teaching system",
		Long: `The bank holds the questions of examinations. That of this kit must be taken as known to
everyone, so it is for practice and for open-book examinations. Questions go to a
teaching system, and come back from it, as GIFT text, one file a language.`,
		Example: "  darksite train bank lint\n  darksite train bank export --gift admin.en.gift --track admin\n  darksite train bank import --en a4.en.gift --fr a4.fr.gift --out drafts",
	}
	c.AddCommand(a.bankLintCommand(), a.bankExportCommand(), a.bankImportCommand())
	return c
}

// bankRow is one objective of a bank.
type bankRow struct {
	Objective string `json:"objective"`
	Questions int    `json:"questions"`
	Safety    int    `json:"safety"`
	Drawn     int    `json:"drawn"`
	Title     string `json:"title"`
}

func (a *app) bankLintCommand() *cobra.Command {
	var lang string
	var asJSON bool
	c := &cobra.Command{
		Use: "lint [DIR]", Short: "Check the bank of this kit, or one in a folder", Args: cobra.MaximumNArgs(1),
		Long: `Check each question (both languages, one key, a reason for each choice, references that
lead somewhere, choices that do not give themselves away) and the bank as a whole: three
times as many questions for each objective as a form draws. Then count them.`,
		Example: "  darksite train bank lint\n  darksite train bank lint bank-2027",
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := questionsOf(args)
			if err != nil {
				return err
			}
			rows, err := a.bankRows(b, a.Lang(lang))
			if err != nil {
				return err
			}
			if asJSON {
				return a.Env.JSON(rows)
			}
			t := &cli.Table{Header: []string{"LESSON", "QUESTIONS", "SAFETY", "DRAWN", "TITLE"}}
			for _, r := range rows {
				t.Add(r.Objective, strconv.Itoa(r.Questions), strconv.Itoa(r.Safety), strconv.Itoa(r.Drawn), r.Title)
			}
			t.Print(a.Env.Out, a.Env.Width(), a.Env.Color())
			a.Env.Notef("bank %s, %d questions, no finding; SHA-256 %s", b.Version, len(b.Items()), b.Digest)
			return nil
		},
	}
	site.LangFlag(c, &lang)
	cli.JSONFlag(c, &asJSON)
	return c
}

// questionsOf is the bank of this kit, or that in the folder that is named. A bank in a
// folder may be of some tracks only, and is held against the forms of these.
func questionsOf(folder []string) (*exam.Bank, error) {
	if len(folder) == 0 {
		return questions.Bank()
	}
	limits, err := questions.Limits()
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(folder[0]); err != nil || !info.IsDir() {
		return nil, cli.Usagef("%s is not a folder", folder[0])
	}
	limits.Blueprints = slices.DeleteFunc(limits.Blueprints, func(p exam.Blueprint) bool {
		return !slices.ContainsFunc(p.Parts, func(part exam.Part) bool {
			_, err := os.Stat(filepath.Join(folder[0], part.Objective+".yaml"))
			return err == nil
		})
	})
	return exam.Load(os.DirFS(folder[0]), limits)
}

// bankRows count the questions by objective, in the order of the lessons.
func (a *app) bankRows(b *exam.Bank, lang runbooks.Lang) ([]bankRow, error) {
	all, err := a.lessons()
	if err != nil {
		return nil, err
	}
	rows := []bankRow{}
	for _, t := range certificate.Tracks() {
		for _, part := range exam.Of(t).Parts {
			r := bankRow{Objective: part.Objective, Drawn: part.Items}
			if l, ok := all.Lesson(part.Objective); ok {
				r.Title = l.Title.In(lang)
			}
			for _, it := range b.Items() {
				if it.Objective == part.Objective && !it.Retired {
					r.Questions++
					if it.Safety {
						r.Safety++
					}
				}
			}
			if r.Questions > 0 {
				rows = append(rows, r)
			}
		}
	}
	return rows, nil
}

type bankExport struct {
	lang, track, objective, gift string
}

func (a *app) bankExportCommand() *cobra.Command {
	var o bankExport
	c := &cobra.Command{
		Use: "export [DIR]", Short: "Write questions as GIFT, in one language, for a teaching system", Args: cobra.MaximumNArgs(1),
		Long: `Write the questions of the bank of this kit, or of one in a folder, as GIFT text. Those
that show a screen are left out, because their screen is made for each form. What GIFT has
no words for stands in comments, which other programs pass over and import reads.`,
		Example: "  darksite train bank export --gift a4.fr.gift --lesson a4 --lang fr",
		RunE: func(_ *cobra.Command, args []string) error {
			if o.gift == "" {
				return cli.Usagef("name the file with --gift FILE")
			}
			b, err := questionsOf(args)
			if err != nil {
				return err
			}
			items, err := o.of(b)
			if err != nil {
				return err
			}
			var text bytes.Buffer
			left, err := exam.ToGIFT(&text, items, a.Lang(o.lang))
			if err != nil {
				return err
			}
			if err := safefile.Write(o.gift, text.Bytes(), 0o644); err != nil {
				return fmt.Errorf("export questions: %w", err)
			}
			fmt.Fprintln(a.Env.Out, o.gift)
			a.Env.Notef("%d questions; %d that show a screen are left out", len(items)-len(left), len(left))
			return nil
		},
	}
	site.LangFlag(c, &o.lang)
	TrackFlag(c, &o.track)
	c.Flags().StringVar(&o.objective, "lesson", "", "only the questions on this lesson")
	c.Flags().StringVar(&o.gift, "gift", "", "file to write")
	return c
}

// of are the questions that are asked for.
func (o bankExport) of(b *exam.Bank) ([]*exam.Item, error) {
	wanted := map[string]bool{}
	for _, t := range certificate.Tracks() {
		for _, part := range exam.Of(t).Parts {
			if (o.track == "" || o.track == string(t)) && (o.objective == "" || o.objective == part.Objective) {
				wanted[part.Objective] = true
			}
		}
	}
	items := slices.DeleteFunc(b.Items(), func(it *exam.Item) bool { return !wanted[it.Objective] })
	if len(items) == 0 {
		return nil, cli.WithHint(cli.Usagef("no question fits --track %q and --lesson %q", o.track, o.objective), "darksite train bank lint")
	}
	return items, nil
}

type bankImport struct {
	english, french, objective, out string
}

func (a *app) bankImportCommand() *cobra.Command {
	var o bankImport
	c := &cobra.Command{
		Use: "import", Short: "Read questions from GIFT into files of a bank", Args: cobra.NoArgs,
		Long: `Read questions from two GIFT files, one a language, join them by their IDs, and write
them into a new folder in the form of the bank, one file for each lesson. One language
alone will do: what the other one lacks is told. Nothing is added to a bank by this. Put
what you want into its files, and lint it. Exit 3 when a question is not yet fit for it.`,
		Example: "  darksite train bank import --en a4.en.gift --fr a4.fr.gift --out drafts\n  darksite train bank import --en moodle.gift --lesson a4 --out drafts",
		RunE: func(*cobra.Command, []string) error {
			if o.english == "" && o.french == "" || o.out == "" {
				return cli.Usagef("name what to read with --en FILE and --fr FILE, and a new folder with --out DIR")
			}
			items, err := o.read()
			if err != nil {
				return err
			}
			return a.keepQuestions(items, o)
		},
	}
	c.Flags().StringVar(&o.english, "en", "", "GIFT file in English")
	c.Flags().StringVar(&o.french, "fr", "", "GIFT file in French")
	c.Flags().StringVar(&o.objective, "lesson", "", "the lesson that questions without a note of ours belong to")
	c.Flags().StringVar(&o.out, "out", "", "folder to make")
	return c
}

func (o bankImport) read() ([]*exam.Item, error) {
	read := map[runbooks.Lang][]*exam.Item{}
	for lang, name := range map[runbooks.Lang]string{runbooks.English: o.english, runbooks.French: o.french} {
		if name == "" {
			continue
		}
		text, err := readGIFT(name)
		if err != nil {
			return nil, err
		}
		if read[lang], err = exam.FromGIFT(text, lang); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for i, it := range read[lang] {
			o.settle(it, i)
		}
	}
	switch {
	case o.french == "":
		return read[runbooks.English], nil
	case o.english == "":
		return read[runbooks.French], nil
	}
	return exam.Merge(read[runbooks.English], read[runbooks.French])
}

// readGIFT reads a file that may be of any size and form.
func readGIFT(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("read questions: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, exam.MaxGIFT+1))
	if err != nil {
		return "", fmt.Errorf("read questions: %w", err)
	}
	return string(data), nil
}

// settle gives an item that another system made its lesson and an ID of that.
func (o bankImport) settle(it *exam.Item, at int) {
	if it.Objective != "" || o.objective == "" {
		return
	}
	it.Objective = o.objective
	if it.ID == "" {
		it.ID = strconv.Itoa(at + 1)
	}
	it.ID = o.objective + "-" + it.ID
	it.Reference = "lesson:" + o.objective
}

func (a *app) keepQuestions(items []*exam.Item, o bankImport) error {
	files := map[string][]*exam.Item{}
	for _, it := range items {
		if it.Objective == "" {
			return cli.WithHint(fmt.Errorf("question %q has no note that names its lesson", it.ID), "say which one: --lesson a4")
		}
		if strings.Trim(it.Objective, "abcdefghijklmnopqrstuvwxyz0123456789") != "" { // it becomes the name of a file
			return fmt.Errorf("question %q: %q is no name of a lesson, such as a4", it.ID, it.Objective)
		}
		files[it.Objective] = append(files[it.Objective], it)
	}
	limits, err := questions.Limits()
	if err != nil {
		return err
	}
	if err := os.Mkdir(o.out, 0o755); err != nil {
		return fmt.Errorf("import questions: %w", err)
	}
	for _, objective := range slices.Sorted(maps.Keys(files)) {
		data, err := exam.Encode(objective, files[objective])
		if err != nil {
			return err
		}
		name := filepath.Join(o.out, objective+".yaml")
		if err := safefile.Write(name, data, 0o644); err != nil {
			return fmt.Errorf("import questions: %w", err)
		}
		fmt.Fprintln(a.Env.Out, name)
	}
	return a.sayUnfit(items, limits, o)
}

// mostUnfit is how much is told of what questions lack; the next import tells the rest.
const mostUnfit = 20

// sayUnfit tells what questions lack before they are fit for a bank. That a language is
// missing in all of them is said once.
func (a *app) sayUnfit(items []*exam.Item, l exam.Limits, o bankImport) error {
	missing := ""
	switch {
	case o.french == "":
		missing = "French"
	case o.english == "":
		missing = "English"
	}
	if missing != "" {
		items = echoed(items)
	}
	var lacks []string
	for _, f := range exam.LintItems(items, l) {
		lacks = append(lacks, f.Error())
	}
	if more := len(lacks) - mostUnfit; more > 0 {
		lacks = append(lacks[:mostUnfit], fmt.Sprintf("and %d more", more))
	}
	if missing != "" {
		lacks = append(lacks, fmt.Sprintf("%d questions have no %s words yet: write them into the files", len(items), missing))
	}
	if len(lacks) > 0 {
		return cli.WithCode(cli.CodePartial, errors.New(strings.Join(lacks, "\n")))
	}
	a.Env.Notef("%d questions, no finding", len(items))
	return nil
}

// echoed are questions of one language with the same words in the other one, so that
// what else they lack can be found.
func echoed(items []*exam.Item) []*exam.Item {
	both := func(t runbooks.Text) runbooks.Text {
		words := t.EN + t.FR
		return runbooks.Text{EN: words, FR: words}
	}
	pointed := func(t *runbooks.Text) *runbooks.Text {
		if t == nil {
			return nil
		}
		words := both(*t)
		return &words
	}
	out := make([]*exam.Item, len(items))
	for i, it := range items {
		twin := *it
		twin.Stem, twin.Why, twin.Options = both(it.Stem), pointed(it.Why), slices.Clone(it.Options)
		for j := range twin.Options {
			o := &twin.Options[j]
			o.Text, o.Why, o.Partner = both(o.Text), pointed(o.Why), pointed(o.Partner)
		}
		out[i] = &twin
	}
	return out
}
