package syslog_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"darksite/localmon/source/push"
	"darksite/localmon/source/syslog"

	"github.com/stretchr/testify/require"
)

// now stands shortly after a new year, where times without a year hurt.
var now = time.Date(2026, 1, 1, 0, 30, 0, 0, time.FixedZone("here", 3600))

func utc(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestRFC5424(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want syslog.Record
	}{
		"everything": {
			"<165>1 2026-03-02T06:00:00.003000+01:00 fa-1.lan purity 77 ID47 [a@1 x=\"1\" y=\"q\\\"\\]\\\\ \\n\"][b] \xef\xbb\xbfh\u00e9",
			syslog.Record{Priority: 165, Time: utc("2026-03-02T05:00:00.003Z"), Host: "fa-1.lan", App: "purity", Proc: "77", MsgID: "ID47", Data: []syslog.Element{
				{ID: "a@1", Params: []syslog.Param{{Name: "x", Value: "1"}, {Name: "y", Value: `q"]\ \n`}}}, {ID: "b"},
			}, BOM: true, Text: "h\u00e9"},
		},
		"nothing but nil values":                 {"<0>1 - - - - - -", syslog.Record{}},
		"an empty text":                          {"<0>1 - - - - - - ", syslog.Record{}},
		"a line end of the frame":                {"<0>1 - - - - - - x\r\n\x00", syslog.Record{Text: "x"}},
		"a text of two lines":                    {"<0>1 - - - - - - x\ny", syslog.Record{Text: "x\ny"}},
		"an empty value and one that begins so":  {`<0>1 - - - - - [a b="" c="\"d"]`, syslog.Record{Data: []syslog.Element{{ID: "a", Params: []syslog.Param{{Name: "b"}, {Name: "c", Value: `"d`}}}}}},
		"a bracket nobody escaped":               {`<0>1 - - - - - [a b="]"] x`, syslog.Record{Data: []syslog.Element{{ID: "a", Params: []syslog.Param{{Name: "b", Value: "]"}}}}, Text: "x"}},
		"a text that is not UTF-8":               {"<0>1 - - - - - - \xff", syslog.Record{Text: "\xff"}},
		"a time in UTC":                          {"<0>1 2026-03-02T06:00:00Z - - - - -", syslog.Record{Time: utc("2026-03-02T06:00:00Z")}},
		"a fraction finer than the form foresaw": {"<0>1 2026-03-02T06:00:00.123456789Z - - - - -", syslog.Record{Time: utc("2026-03-02T06:00:00.123456789Z")}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.Format = syslog.RFC5424
			got, err := syslog.Parse5424([]byte(c.in))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			again, err := syslog.Parse5424(got.Encode())
			require.NoError(t, err)
			require.Equal(t, got, again)
			either, err := syslog.Parse([]byte(c.in), now)
			require.NoError(t, err)
			require.Equal(t, got, either)
		})
	}
}

func TestWhatIsNotRFC5424(t *testing.T) {
	for in, want := range map[string]string{
		"":                                                "priority",
		"<>1 - - - - - -":                                 "priority",
		"<192>1 - - - - - -":                              "priority",
		"<1000>1 - - - - - -":                             "priority",
		"<1":                                              "priority",
		"<13>2 - - - - - -":                               "version",
		"<13>Mar  2 06:00:00 x":                           "version",
		"<13>1 2026-02-30T06:00:00Z - - - - -":            "time",
		"<13>1 2026-03-02T24:00:00Z - - - - -":            "time",
		"<13>1 2026-03-02T06:00:60Z - - - - -":            "time",
		"<13>1 2026-03-02T06:00:00 - - - - -":             "time",
		"<13>1 2026-03-02T06:00:00Zx - - - - -":           "time",
		"<13>1 0000-03-02T06:00:00Z - - - - -":            "time",
		"<13>1 0001-01-01T00:00:00Z - - - - -":            "time",
		"<13>1 - - - - -":                                 "five words",
		"<13>1 -  - - - - -":                              "five words",
		"<13>1 - h\u00e9 - - - -":                         "five words",
		"<13>1 - - " + strings.Repeat("x", 49) + " - - -": "five words",
		"<13>1 - - - - - ":                                "structured data",
		"<13>1 - - - - - x":                               "structured data",
		"<13>1 - - - - - -x":                              "structured data",
		"<13>1 - - - - - []":                              "structured data",
		"<13>1 - - - - - [a":                              "structured data",
		"<13>1 - - - - - [a b]":                           "structured data",
		`<13>1 - - - - - [a b="c`:                         "structured data",
		`<13>1 - - - - - [a b="\"]`:                       "structured data",
	} {
		_, err := syslog.Parse5424([]byte(in))
		require.ErrorContains(t, err, want, in)
	}
}

func TestRFC3164AsItIsFound(t *testing.T) {
	old := "2026-01-01T00:00:00+01:00" // half an hour ago, here
	for name, c := range map[string]struct {
		in   string
		want syslog.Record
	}{
		"as it should be":                  {"<34>Jan  1 00:00:00 fa-1 su[12]: 'su root' failed", syslog.Record{Priority: 34, Time: utc(old), Host: "fa-1", App: "su", Proc: "12", Text: "'su root' failed"}},
		"last year's":                      {"<34>Dec 31 23:59:59 fa-1 su: x", syslog.Record{Priority: 34, Time: utc("2025-12-31T23:59:59+01:00"), Host: "fa-1", App: "su", Text: "x"}},
		"a clock that is ahead":            {"<34>Mar  2 06:00:00 fa-1 su: x", syslog.Record{Priority: 34, Time: utc("2026-03-02T06:00:00+01:00"), Host: "fa-1", App: "su", Text: "x"}},
		"one digit and one space":          {"<34>Jan 1 00:00:00 fa-1 su: x", syslog.Record{Priority: 34, Time: utc(old), Host: "fa-1", App: "su", Text: "x"}},
		"the year before the clock":        {"<34>Jan  1 2026 00:00:00 fa-1 su: x", syslog.Record{Priority: 34, Time: utc(old), Host: "fa-1", App: "su", Text: "x"}},
		"the year before the month":        {"<34>2026 Jan  1 00:00:00 fa-1 su: x", syslog.Record{Priority: 34, Time: utc(old), Host: "fa-1", App: "su", Text: "x"}},
		"a year long past is kept":         {"<34>Feb 29 2024 00:00:00 fa-1 su: x", syslog.Record{Priority: 34, Time: utc("2024-02-29T00:00:00+01:00"), Host: "fa-1", App: "su", Text: "x"}},
		"a day this year does not have":    {"<34>Feb 29 00:00:00 fa-1 su: x", syslog.Record{Priority: 34, Text: "Feb 29 00:00:00 fa-1 su: x"}},
		"the time of RFC 3339":             {"<34>2026-01-01T00:00:00.5+01:00 fa-1 su: x", syslog.Record{Priority: 34, Time: utc("2025-12-31T23:00:00.5Z"), Host: "fa-1", App: "su", Text: "x"}},
		"network equipment":                {"<189>000123: *Jan  1 00:00:00.250 UTC: %SYS-5-CONFIG_I: Configured", syslog.Record{Priority: 189, MsgID: "000123", Time: utc("2026-01-01T00:00:00.250Z"), App: "%SYS-5-CONFIG_I", Text: "Configured"}},
		"a colon behind the time":          {"<189>Jan  1 00:00:00: %LINK-3-UPDOWN: down", syslog.Record{Priority: 189, Time: utc(old), App: "%LINK-3-UPDOWN", Text: "down"}},
		"no host name":                     {"<34>Jan  1 00:00:00 su: x", syslog.Record{Priority: 34, Time: utc(old), App: "su", Text: "x"}},
		"no host name and no tag":          {"<34>Jan  1 00:00:00 (drive:ch0): failure", syslog.Record{Priority: 34, Time: utc(old), Text: "(drive:ch0): failure"}},
		"an address as host name":          {"<34>Jan  1 00:00:00 fd00::1 su: x", syslog.Record{Priority: 34, Time: utc(old), Host: "fd00::1", App: "su", Text: "x"}},
		"no priority":                      {"Jan  1 00:00:00 fa-1 su: x", syslog.Record{Priority: syslog.NoPriority, Time: utc(old), Host: "fa-1", App: "su", Text: "x"}},
		"a priority there is not":          {"<999>x", syslog.Record{Priority: syslog.NoPriority, Text: "<999>x"}},
		"no time":                          {"<34>purity.alert: (drive:ch0): failure", syslog.Record{Priority: 34, App: "purity.alert", Text: "(drive:ch0): failure"}},
		"no time, a tag with pid":          {"<34>su[12] x", syslog.Record{Priority: 34, App: "su", Proc: "12", Text: "x"}},
		"nothing but text":                 {"hello world", syslog.Record{Priority: syslog.NoPriority, Text: "hello world"}},
		"nothing but a time":               {"<34>Jan  1 00:00:00", syslog.Record{Priority: 34, Time: utc(old)}},
		"a new form that is not one":       {"<34>1 yesterday fa-1 su - - - x", syslog.Record{Priority: 34, Text: "1 yesterday fa-1 su - - - x"}},
		"bytes that are no text":           {"<34>\xff\x00\x01", syslog.Record{Priority: 34, Text: "\xff\x00\x01"}},
		"a number and a time without room": {"<34>12:Jan  1 00:00:00 fa-1 su: x", syslog.Record{Priority: 34, MsgID: "12", Time: utc(old), Host: "fa-1", App: "su", Text: "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := syslog.Parse([]byte(c.in), now)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			again, err := syslog.Parse(got.Encode(), now)
			require.NoError(t, err)
			require.Equal(t, got, again)
		})
	}
	for _, empty := range []string{"", "<34>", "\n\x00"} {
		_, err := syslog.Parse3164([]byte(empty), now)
		require.ErrorContains(t, err, "empty")
	}
}

// TestATimeWithoutAYearIsNearNow: for every day of two years the sender's time
// is read back, be its clock five months ahead or behind.
func TestATimeWithoutAYearIsNearNow(t *testing.T) {
	for day := range 731 {
		sent := time.Date(2027, 6, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, day)
		for _, off := range []int{-150, 0, 150} {
			r, err := syslog.Parse3164([]byte(sent.Format("<34>Jan _2 15:04:05")+" fa-1 su: x"), sent.AddDate(0, 0, off))
			require.NoError(t, err)
			require.Equal(t, sent, r.Time, off)
		}
	}
}

func TestDecode(t *testing.T) {
	from := netip.MustParseAddrPort("10.1.0.10:514")
	m, ok := syslog.Decode([]byte("<137>Jan  1 00:00:00 fa-1 purity.alert[9]: (drive:ch0.bay3): failure [60]#012Expected: healthy, Actual: failed#012Severity: critical\n"), from, now)
	require.True(t, ok)
	require.Equal(t, push.Syslog, m.Channel)
	require.Equal(t, "fa-1", m.Host)
	require.Equal(t, from, m.From)
	require.Equal(t, now, m.At)
	require.Equal(t, utc("2026-01-01T00:00:00+01:00"), m.SentAt)
	require.Equal(t, "critical", m.Severity)
	require.Equal(t, "(drive:ch0.bay3): failure [60] Expected: healthy, Actual: failed Severity: critical", m.Text)
	require.Contains(t, m.Raw, `Severity: critical\x0a`)
	require.NotNil(t, m.Alert)
	require.Equal(t, 60, m.Alert.Code)
	require.Equal(t, "ch0.bay3", m.Alert.Component)

	again, _ := syslog.Decode(push.Unescape(m.Raw), from, now)
	require.Equal(t, m, again, "a line of the spool is the message again")

	m, ok = syslog.Decode([]byte("<137>purity.alert: (drive:ch0): failure Array Name: fa-9"), from, now)
	require.True(t, ok)
	require.Equal(t, "fa-9", m.Host, "where the frame names no host the text may")

	m, ok = syslog.Decode([]byte("<38>1 - h sshd - - - a\x1b[2Jb"), from, now)
	require.True(t, ok)
	require.Equal(t, `a\x1b[2Jb`, m.Text)
	require.Equal(t, "info", m.Severity)
	require.Nil(t, m.Alert)

	m, ok = syslog.Decode([]byte{0, 1, 2}, from, now)
	require.False(t, ok)
	require.Equal(t, `\x00\x01\x02`, m.Raw)
	m, ok = syslog.Decode(nil, from, now)
	require.False(t, ok)
	require.Empty(t, m.Text)
}

func TestSeverity(t *testing.T) {
	words := []string{"critical", "critical", "critical", "warning", "warning", "info", "info", "info"}
	for p := range 192 {
		require.Equal(t, words[p%8], syslog.Record{Priority: p}.Severity())
	}
	require.Equal(t, "info", syslog.Record{Priority: syslog.NoPriority}.Severity())
}

const (
	sample5424 = `<137>1 2026-03-02T06:00:05.123Z fa-prod-1 purity.alert 4711 ALERT [alert@99999 code="60" id="98ff1eeff201461bbc468d6f0c0019b2"] (drive:ch0.bay3): failure Expected: healthy, Actual: failed [60]`
	sample3164 = `<137>Mar  2 06:00:05 fa-prod-1 purity.alert[4711]: (drive:ch0.bay3): failure Expected: healthy, Actual: failed [60]`
)

func FuzzParse5424(f *testing.F) {
	f.Add([]byte(sample5424))
	f.Add([]byte("<0>1 - - - - - [a b=\"\\]\"] \xef\xbb\xbfx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := syslog.Parse5424(data)
		if err != nil {
			return
		}
		again, err := syslog.Parse5424(r.Encode())
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}

func FuzzParse3164(f *testing.F) {
	f.Add([]byte(sample3164))
	f.Add([]byte("000123: *Jan  1 00:00:00.250 UTC: %SYS-5-CONFIG_I: x"))
	f.Add([]byte("2026-01-01T00:00:00+01:00: a[b] c"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := syslog.Parse(data, now)
		if err != nil {
			return
		}
		again, err := syslog.Parse(r.Encode(), now)
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample3164))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _ := syslog.Decode(data, netip.AddrPort{}, now)
		require.Equal(t, string(data), string(push.Unescape(m.Raw)))
		require.LessOrEqual(t, len(m.Text), 1024)
		require.LessOrEqual(t, len(m.Host), 255)
		require.Contains(t, []string{"critical", "warning", "info"}, m.Severity)
	})
}

func BenchmarkParse5424(b *testing.B) {
	data := []byte(sample5424)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := syslog.Parse(data, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse3164(b *testing.B) {
	data := []byte(sample3164)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := syslog.Parse(data, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(sample3164)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		syslog.Decode(data, netip.AddrPort{}, now)
	}
}

// BenchmarkDecodeHostile is what the longest messages made to hurt cost.
func BenchmarkDecodeHostile(b *testing.B) {
	for name, unit := range map[string]string{
		"brackets": "(a:", "bytes": "\xff", "labels": " tag severity", "words": "alert code state ", "sentences": "issue is. ", "numbers": " [12",
	} {
		data := []byte("<13>purity.alert: " + strings.Repeat(unit, 8192/len(unit)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				syslog.Decode(data, netip.AddrPort{}, now)
			}
		})
	}
}
