package sla_test

import (
	"testing"
	"time"

	"darksite/bundle/desk"
	"darksite/bundle/desk/sla"

	"github.com/stretchr/testify/require"
)

// Weeks of the tables.
const (
	office = "mon-fri 09:00-18:00"
	lunch  = "mon-fri 09:00-12:00,13:00-18:00"
	six    = "mon-fri 09:00-18:00; sat 09:00-12:00"
	always = "sun-sat 00:00-24:00"
	night  = "sun-sat 00:00-06:00"
	gulf   = "sun-thu 08:00-16:00"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return when
}

func calendar(t *testing.T, zone, week string, closed ...string) *sla.Calendar {
	t.Helper()
	c, err := sla.Parse(desk.Hours{Zone: zone, Week: week, Closed: closed})
	require.NoError(t, err)
	return c
}

// Every row was computed by hand; the arithmetic stands beside it. In November
// 2026 the 16th is a Monday and the 20th a Friday.
func TestAdd(t *testing.T) {
	closed := func(days ...string) []string { return days }
	rows := []struct {
		name, zone, week string
		closed           []string
		from             string
		add              time.Duration
		want             string
	}{
		{"Friday at 17:55 and an hour", "Europe/Paris", office, nil, "2026-11-20T17:55:00+01:00", time.Hour, "2026-11-23T09:55:00+01:00"},                                  // 5 min Friday, 55 Monday
		{"at opening", "Europe/Paris", office, nil, "2026-11-16T09:00:00+01:00", time.Hour, "2026-11-16T10:00:00+01:00"},                                                   // 09 + 1
		{"before opening", "Europe/Paris", office, nil, "2026-11-16T08:00:00+01:00", time.Hour, "2026-11-16T10:00:00+01:00"},                                               // begins at 09
		{"just in time", "Europe/Paris", office, nil, "2026-11-16T17:00:00+01:00", time.Hour, "2026-11-16T18:00:00+01:00"},                                                 // 17 + 1, the close itself
		{"a second too late", "Europe/Paris", office, nil, "2026-11-16T17:00:01+01:00", time.Hour, "2026-11-17T09:00:01+01:00"},                                            // 59:59 Monday, 1 s Tuesday
		{"at close", "Europe/Paris", office, nil, "2026-11-16T18:00:00+01:00", time.Hour, "2026-11-17T10:00:00+01:00"},                                                     // nothing left of Monday
		{"on Saturday", "Europe/Paris", office, nil, "2026-11-21T12:00:00+01:00", time.Hour, "2026-11-23T10:00:00+01:00"},                                                  // begins on Monday
		{"on Sunday night", "Europe/Paris", office, nil, "2026-11-22T23:59:00+01:00", 2 * time.Hour, "2026-11-23T11:00:00+01:00"},                                          // 09 + 2
		{"two hours over a weekend", "Europe/Paris", office, nil, "2026-11-20T17:30:00+01:00", 2 * time.Hour, "2026-11-23T10:30:00+01:00"},                                 // 30 min + 90 min
		{"a whole day", "Europe/Paris", office, nil, "2026-11-16T09:00:00+01:00", 9 * time.Hour, "2026-11-16T18:00:00+01:00"},                                              // 9 h = 09 to 18
		{"a day and an hour", "Europe/Paris", office, nil, "2026-11-16T09:00:00+01:00", 10 * time.Hour, "2026-11-17T10:00:00+01:00"},                                       // 9 + 1
		{"a whole week", "Europe/Paris", office, nil, "2026-11-16T10:00:00+01:00", 45 * time.Hour, "2026-11-23T10:00:00+01:00"},                                            // 8 + 4 x 9 = 44, 1 on Monday
		{"no time while open", "Europe/Paris", office, nil, "2026-11-16T10:00:00+01:00", 0, "2026-11-16T10:00:00+01:00"},                                                   //
		{"no time while closed", "Europe/Paris", office, nil, "2026-11-21T10:00:00+01:00", 0, "2026-11-23T09:00:00+01:00"},                                                 // the next moment of business
		{"before a holiday", "Europe/Paris", office, closed("2026-12-25"), "2026-12-24T17:30:00+01:00", time.Hour, "2026-12-28T09:30:00+01:00"},                            // Thursday 30 min, Friday closed, Monday 30
		{"two holidays around a weekend", "Europe/Paris", office, closed("2026-12-25", "2026-12-28"), "2026-12-24T17:30:00+01:00", time.Hour, "2026-12-29T09:30:00+01:00"}, // Monday closed too
		{"a holiday on a Sunday", "Europe/Paris", office, closed("2026-11-22"), "2026-11-20T17:55:00+01:00", time.Hour, "2026-11-23T09:55:00+01:00"},                       // changes nothing
		{"on a holiday", "Europe/Paris", office, closed("2026-11-18"), "2026-11-18T10:00:00+01:00", time.Hour, "2026-11-19T10:00:00+01:00"},                                // begins Thursday 09
		{"over lunch", "Europe/Paris", lunch, nil, "2026-11-16T11:30:00+01:00", time.Hour, "2026-11-16T13:30:00+01:00"},                                                    // 30 min + 30 min from 13
		{"during lunch", "Europe/Paris", lunch, nil, "2026-11-16T12:15:00+01:00", time.Hour, "2026-11-16T14:00:00+01:00"},                                                  // from 13
		{"up to lunch", "Europe/Paris", lunch, nil, "2026-11-16T08:00:00+01:00", 3 * time.Hour, "2026-11-16T12:00:00+01:00"},                                               // 09 to 12
		{"a day with lunch has eight hours", "Europe/Paris", lunch, nil, "2026-11-16T09:00:00+01:00", 8*time.Hour + time.Minute, "2026-11-17T09:01:00+01:00"},              // 3 + 5, 1 min Tuesday
		{"a Saturday morning", "Europe/Paris", six, nil, "2026-11-20T17:30:00+01:00", time.Hour, "2026-11-21T09:30:00+01:00"},                                              // 30 + 30
		{"over a Saturday morning", "Europe/Paris", six, nil, "2026-11-21T11:30:00+01:00", time.Hour, "2026-11-23T09:30:00+01:00"},                                         // 30 + 30
		{"a weekend in which clocks go forward", "Europe/Paris", office, nil, "2026-03-27T17:30:00+01:00", time.Hour, "2026-03-30T09:30:00+02:00"},                         // 30 + 30, Monday in +02
		{"a weekend in which clocks go back", "Europe/Paris", office, nil, "2026-10-23T17:30:00+02:00", time.Hour, "2026-10-26T09:30:00+01:00"},                            // 30 + 30, Monday in +01
		{"an hour that skips an hour", "Europe/Paris", always, nil, "2026-03-29T01:30:00+01:00", time.Hour, "2026-03-29T03:30:00+02:00"},                                   // 00:30Z + 1 h = 01:30Z
		{"an hour that repeats itself", "Europe/Paris", always, nil, "2026-10-25T02:30:00+02:00", time.Hour, "2026-10-25T02:30:00+01:00"},                                  // 00:30Z + 1 h = 01:30Z
		{"24 hours over the short day", "Europe/Paris", always, nil, "2026-03-28T12:00:00+01:00", 24 * time.Hour, "2026-03-29T13:00:00+02:00"},                             // 11:00Z to 11:00Z
		{"24 hours over the long day", "Europe/Paris", always, nil, "2026-10-24T12:00:00+02:00", 24 * time.Hour, "2026-10-25T11:00:00+01:00"},                              // 10:00Z to 10:00Z
		{"into the short night", "Europe/Paris", night, nil, "2026-03-28T05:00:00+01:00", 3 * time.Hour, "2026-03-29T03:00:00+02:00"},                                      // 1 h Saturday, 2 h from 23:00Z
		{"the whole short night", "Europe/Paris", night, nil, "2026-03-28T06:00:00+01:00", 5 * time.Hour, "2026-03-29T06:00:00+02:00"},                                     // 23:00Z to 04:00Z is 5 h
		{"more than the short night", "Europe/Paris", night, nil, "2026-03-28T06:00:00+01:00", 5*time.Hour + 30*time.Minute, "2026-03-30T00:30:00+02:00"},                  // 5 h + 30 min Monday
		{"the whole long night", "Europe/Paris", night, nil, "2026-10-24T06:00:00+02:00", 7 * time.Hour, "2026-10-25T06:00:00+01:00"},                                      // 22:00Z to 05:00Z is 7 h
		{"hours the clock leaves out", "Europe/Paris", "sun 02:15-02:45", nil, "2026-03-28T12:00:00+01:00", 15 * time.Minute, "2026-04-05T02:30:00+02:00"},                 // not on 29 March: the Sunday after
		{"hours around those left out", "Europe/Paris", "sun 01:30-03:30", nil, "2026-03-28T12:00:00+01:00", time.Hour, "2026-03-29T03:30:00+02:00"},                       // 00:30Z to 01:30Z is 1 h
		{"opening that is left out begins late", "Europe/Paris", "sun 02:30-04:00", nil, "2026-03-28T12:00:00+01:00", time.Hour, "2026-03-29T04:00:00+02:00"},              // 01:00Z to 02:00Z
		{"New York, forward", "America/New_York", office, nil, "2026-03-06T17:30:00-05:00", time.Hour, "2026-03-09T09:30:00-04:00"},                                        // 30 + 30
		{"New York, back", "America/New_York", office, nil, "2026-10-30T17:30:00-04:00", time.Hour, "2026-11-02T09:30:00-05:00"},                                           // 30 + 30
		{"New York, told in UTC", "America/New_York", office, nil, "2026-11-20T22:55:00Z", time.Hour, "2026-11-23T14:55:00Z"},                                              // 17:55 Friday; 09:55 Monday is 14:55Z
		{"Kathmandu, Friday evening", "Asia/Kathmandu", office, nil, "2026-11-20T17:55:00+05:45", time.Hour, "2026-11-23T04:10:00Z"},                                       // Monday 09:55 is 04:10Z
		{"Kathmandu, a second before opening", "Asia/Kathmandu", office, nil, "2026-11-20T03:14:59Z", time.Hour, "2026-11-20T04:15:00Z"},                                   // 08:59:59; 10:00 is 04:15Z
		{"Kathmandu, midnight", "Asia/Kathmandu", office, nil, "2026-11-19T18:15:00Z", time.Hour, "2026-11-20T04:15:00Z"},                                                  // 00:00 of Friday
		{"Chatham, winter", "Pacific/Chatham", office, nil, "2026-07-03T17:30:00+12:45", time.Hour, "2026-07-06T09:30:00+12:45"},                                           // 3 July is a Friday
		{"Chatham, back", "Pacific/Chatham", office, nil, "2026-04-03T17:30:00+13:45", time.Hour, "2026-04-06T09:30:00+12:45"},                                             // 30 + 30 over 5 April
		{"Chatham, forward", "Pacific/Chatham", office, nil, "2026-09-25T17:30:00+12:45", time.Hour, "2026-09-28T09:30:00+13:45"},                                          // 30 + 30 over 27 September
		{"Chatham, the hour itself", "Pacific/Chatham", always, nil, "2026-04-05T03:00:00+13:45", time.Hour, "2026-04-05T03:00:00+12:45"},                                  // 13:15Z + 1 h; changed at 14:00Z
		{"Lord Howe, back by half an hour", "Australia/Lord_Howe", office, nil, "2026-04-03T17:30:00+11:00", time.Hour, "2026-04-06T09:30:00+10:30"},                       // 30 + 30 over 5 April
		{"Lord Howe, forward by half an hour", "Australia/Lord_Howe", office, nil, "2026-10-02T17:30:00+10:30", time.Hour, "2026-10-05T09:30:00+11:00"},                    // 30 + 30 over 4 October
		{"Lord Howe, the half hour itself", "Australia/Lord_Howe", always, nil, "2026-10-04T01:45:00+10:30", 30 * time.Minute, "2026-10-04T02:45:00+11:00"},                // 15:15Z + 30 min; changed at 15:30Z
		{"Lord Howe, the short night", "Australia/Lord_Howe", night, nil, "2026-10-03T06:00:00+10:30", 5*time.Hour + 30*time.Minute, "2026-10-04T06:00:00+11:00"},          // 13:30Z to 19:00Z is 5 h 30
		{"Lord Howe, the long night", "Australia/Lord_Howe", night, nil, "2026-04-04T06:00:00+11:00", 6*time.Hour + 30*time.Minute, "2026-04-05T06:00:00+10:30"},           // 13:00Z to 19:30Z is 6 h 30
		{"Riyadh, Thursday evening", "Asia/Riyadh", gulf, nil, "2026-11-19T15:30:00+03:00", time.Hour, "2026-11-22T08:30:00+03:00"},                                        // 30 + 30 on Sunday
		{"Riyadh, Friday", "Asia/Riyadh", gulf, nil, "2026-11-20T12:00:00+03:00", time.Hour, "2026-11-22T09:00:00+03:00"},                                                  // begins Sunday 08
		{"Riyadh, Saturday", "Asia/Riyadh", gulf, nil, "2026-11-21T12:00:00+03:00", time.Hour, "2026-11-22T09:00:00+03:00"},                                                // begins Sunday 08
		{"Riyadh, Sunday is a day of work", "Asia/Riyadh", gulf, nil, "2026-11-22T15:00:00+03:00", 2 * time.Hour, "2026-11-23T09:00:00+03:00"},                             // 1 + 1
		{"Riyadh, a holiday on Sunday", "Asia/Riyadh", gulf, closed("2026-11-22"), "2026-11-19T15:30:00+03:00", time.Hour, "2026-11-23T08:30:00+03:00"},                    // 30 + 30 on Monday
		{"Tehran, Saturday to Wednesday", "Asia/Tehran", "sat-wed 08:00-16:00", nil, "2026-11-18T15:30:00+03:30", time.Hour, "2026-11-21T08:30:00+03:30"},                  // Wednesday 30, Saturday 30
		{"Kolkata, six days", "Asia/Kolkata", "mon-sat 10:00-19:00", nil, "2026-11-21T18:30:00+05:30", time.Hour, "2026-11-23T10:30:00+05:30"},                             // Saturday 30, Monday 30
		{"St. John's", "America/St_Johns", office, nil, "2026-11-20T17:30:00-03:30", time.Hour, "2026-11-23T09:30:00-03:30"},                                               // 30 + 30
		{"the Marquesas", "Pacific/Marquesas", office, nil, "2026-11-20T17:30:00-09:30", time.Hour, "2026-11-23T09:30:00-09:30"},                                           // 30 + 30
		{"Apia had no 30 December 2011", "Pacific/Apia", office, nil, "2011-12-29T17:30:00-10:00", time.Hour, "2012-01-02T09:30:00+14:00"},                                 // Thursday 30, no Friday, Monday 30
		{"Apia went from Thursday to Saturday", "Pacific/Apia", "sun-sat 09:00-18:00", nil, "2011-12-29T17:30:00-10:00", time.Hour, "2011-12-31T09:30:00+14:00"},           // Thursday 30, Saturday 30
		{"over the year's end", "Europe/Paris", office, closed("2027-01-01"), "2026-12-31T17:30:00+01:00", time.Hour, "2027-01-04T09:30:00+01:00"},                         // Thursday 30, Friday closed, Monday 30
		{"over a leap day", "Europe/Paris", office, nil, "2028-02-28T17:30:00+01:00", 10 * time.Hour, "2028-03-01T09:30:00+01:00"},                                         // Monday 30, Tuesday 29th 9 h, Wednesday 30
	}
	require.GreaterOrEqual(t, len(rows), 60)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			c := calendar(t, r.zone, r.week, r.closed...)
			from, want := at(t, r.from), at(t, r.want)
			got := c.Add(from, r.add)
			require.True(t, want.Equal(got), "want %s, got %s", r.want, got.In(c.Location()).Format(time.RFC3339))
			require.Equal(t, r.add, c.Between(from, got), "and back")
			require.Zero(t, c.Between(got, from))
		})
	}
}

func TestEndOfDay(t *testing.T) {
	rows := []struct {
		name, zone, week string
		closed           []string
		from             string
		n                int
		want             string
	}{
		{"today", "Europe/Paris", office, nil, "2026-11-16T10:00:00+01:00", 0, "2026-11-16T18:00:00+01:00"},
		{"today, before opening", "Europe/Paris", office, nil, "2026-11-16T02:00:00+01:00", 0, "2026-11-16T18:00:00+01:00"},
		{"today has closed", "Europe/Paris", office, nil, "2026-11-16T18:00:00+01:00", 0, "2026-11-17T18:00:00+01:00"},
		{"today is Saturday", "Europe/Paris", office, nil, "2026-11-21T10:00:00+01:00", 0, "2026-11-23T18:00:00+01:00"},
		{"the next day", "Europe/Paris", office, nil, "2026-11-16T10:00:00+01:00", 1, "2026-11-17T18:00:00+01:00"},
		{"the next day, in the small hours", "Europe/Paris", office, nil, "2026-11-16T02:00:00+01:00", 1, "2026-11-17T18:00:00+01:00"},
		{"the next day after Friday", "Europe/Paris", office, nil, "2026-11-20T10:00:00+01:00", 1, "2026-11-23T18:00:00+01:00"},
		{"the next day after Friday night", "Europe/Paris", office, nil, "2026-11-20T22:00:00+01:00", 1, "2026-11-23T18:00:00+01:00"},
		{"the next day after Saturday", "Europe/Paris", office, nil, "2026-11-21T10:00:00+01:00", 1, "2026-11-23T18:00:00+01:00"},
		{"the next day is a holiday", "Europe/Paris", office, []string{"2026-12-25"}, "2026-12-24T10:00:00+01:00", 1, "2026-12-28T18:00:00+01:00"},
		{"the second day after", "Europe/Paris", office, nil, "2026-11-19T10:00:00+01:00", 2, "2026-11-23T18:00:00+01:00"},
		{"clocks went back in between", "Europe/Paris", office, nil, "2026-10-23T10:00:00+02:00", 1, "2026-10-26T18:00:00+01:00"},
		{"Thursday in Riyadh", "Asia/Riyadh", gulf, nil, "2026-11-19T10:00:00+03:00", 1, "2026-11-22T16:00:00+03:00"},
		{"to midnight in Kathmandu", "Asia/Kathmandu", "mon-fri 12:00-24:00", nil, "2026-11-16T13:00:00+05:45", 0, "2026-11-16T18:15:00Z"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			c := calendar(t, r.zone, r.week, r.closed...)
			got := c.EndOfDay(at(t, r.from), r.n)
			require.True(t, at(t, r.want).Equal(got), "want %s, got %s", r.want, got.In(c.Location()).Format(time.RFC3339))
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, h := range map[string]desk.Hours{
		"no zone":              {Week: office},
		"the station's zone":   {Zone: "Local", Week: office},
		"an unknown zone":      {Zone: "Europe/Atlantis", Week: office},
		"a path":               {Zone: "../../etc/passwd", Week: office},
		"no week":              {Zone: "UTC"},
		"another language":     {Zone: "UTC", Week: "lun-ven 09:00-18:00"},
		"no hours":             {Zone: "UTC", Week: "mon-fri"},
		"a day twice":          {Zone: "UTC", Week: "mon-fri 09:00-18:00; fri 09:00-12:00"},
		"hours backwards":      {Zone: "UTC", Week: "mon 18:00-09:00"},
		"hours that overlap":   {Zone: "UTC", Week: "mon 09:00-12:00,11:00-18:00"},
		"no such hour":         {Zone: "UTC", Week: "mon 09:00-24:01"},
		"no such minute":       {Zone: "UTC", Week: "mon 09:60-18:00"},
		"a sign":               {Zone: "UTC", Week: "mon +9:00-18:00"},
		"a closed day of none": {Zone: "UTC", Week: office, Closed: []string{"2026-02-30"}},
		"a part of nothing":    {Zone: "UTC", Week: office + ";"},
	} {
		_, err := sla.Parse(h)
		require.Error(t, err, name)
	}
}

// A calendar that is closed for good gives no time and ends.
func TestClosedForGood(t *testing.T) {
	c := calendar(t, "Europe/Paris", "sun 02:00-03:00")
	require.False(t, c.Add(at(t, "2026-03-01T00:00:00Z"), time.Hour).IsZero())
	require.Zero(t, c.Add(at(t, "2026-03-01T00:00:00Z"), 10_000*time.Hour))
}

func TestOfASite(t *testing.T) {
	c, err := sla.Of(desk.Site{Code: "S042"})
	require.NoError(t, err)
	require.Equal(t, time.UTC, c.Location())
	c, err = sla.Of(desk.Site{Code: "S042", Hours: &desk.Hours{Zone: "Asia/Riyadh", Week: gulf}})
	require.NoError(t, err)
	require.Equal(t, "Asia/Riyadh", c.Location().String())
	_, err = sla.Of(desk.Site{Code: "S042", Hours: &desk.Hours{Zone: "Asia/Riyadh", Week: "x"}})
	require.ErrorContains(t, err, "hours of site S042")
}
