package exam_test

import (
	"bytes"
	"testing"
	"testing/fstest"

	"darksite/runbooks"
	"darksite/training/exam"

	"github.com/stretchr/testify/require"
)

func ofObjective(b *exam.Bank, objective string) (out []*exam.Item) {
	for _, it := range b.Items() {
		if it.Objective == objective {
			out = append(out, it)
		}
	}
	return out
}

// A bank that was read and is written is the same bank.
func TestEncodeRoundTrip(t *testing.T) {
	b := loadBank(t)
	files := fstest.MapFS{"bank.yaml": {Data: []byte("version: 2026.1\n")}}
	for _, objective := range []string{"s1", "s2", "s3", "s4"} {
		data, err := exam.Encode(objective, ofObjective(b, objective))
		require.NoError(t, err)
		files[objective+".yaml"] = &fstest.MapFile{Data: data}
	}
	again, err := exam.Load(files, limits())
	require.NoError(t, err)
	require.Equal(t, b.Items(), again.Items())
}

// Out in two languages, back in two files, joined: only what shows a screen is missing.
func TestMergeJoinsWhatGIFTParted(t *testing.T) {
	b := loadBank(t)
	items := ofObjective(b, "s1")
	read := map[runbooks.Lang][]*exam.Item{}
	for _, l := range runbooks.Languages() {
		var out bytes.Buffer
		_, err := exam.ToGIFT(&out, items, l)
		require.NoError(t, err)
		read[l], err = exam.FromGIFT(out.String(), l)
		require.NoError(t, err)
	}
	merged, err := exam.Merge(read[runbooks.English], read[runbooks.French])
	require.NoError(t, err)
	var want []*exam.Item
	for _, it := range items {
		if it.Kind != exam.Screen {
			want = append(want, it)
		}
	}
	require.Equal(t, want, merged)
}

func TestMergeRefusesWhatIsNotTheSame(t *testing.T) {
	single := func(id, right string) *exam.Item {
		why := &runbooks.Text{EN: "so", FR: "ainsi"}
		it := &exam.Item{ID: id, Kind: exam.Single}
		for _, o := range []string{"a", "b", "c"} {
			it.Options = append(it.Options, exam.Option{ID: o, Right: o == right, Why: why})
		}
		return it
	}
	number := func(v float64) *exam.Item {
		return &exam.Item{ID: "s1-n", Kind: exam.Numeric, Number: &exam.Number{Value: v}}
	}
	noWhy := single("s1-x", "a")
	noWhy.Options[1].Why = nil
	for _, tt := range []struct {
		name   string
		en, fr []*exam.Item
		says   string
	}{
		{"an item that has no French", []*exam.Item{single("s1-x", "a")}, nil, "item s1-x: only in English"},
		{"an item that has no English", nil, []*exam.Item{single("s1-x", "a")}, "item s1-x: only in French"},
		{"another kind", []*exam.Item{single("s1-n", "a")}, []*exam.Item{number(2)}, "a single item with 3 options in English and a numeric item with 0"},
		{"another key", []*exam.Item{single("s1-x", "a")}, []*exam.Item{single("s1-x", "b")}, "one is right and the other is not"},
		{"another number", []*exam.Item{number(2)}, []*exam.Item{number(3)}, "the numbers differ"},
		{"a reason in one language", []*exam.Item{single("s1-x", "a")}, []*exam.Item{noWhy}, "option b: why stands in one language only"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := exam.Merge(tt.en, tt.fr)
			require.ErrorContains(t, err, tt.says)
		})
	}
}
