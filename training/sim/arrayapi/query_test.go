package arrayapi_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"darksite/training/sim"

	"github.com/stretchr/testify/require"
)

func names(p reply) (out []string) {
	for _, it := range p.Items {
		out = append(out, it["name"].(string))
	}
	return out
}

func TestPagingLosesAndRepeatsNothing(t *testing.T) {
	r := newRig(t, sim.Options{Seed: 6, Size: sim.Large})
	for _, c := range []struct {
		path  string
		want  int
		pages int
	}{
		{"volumes?limit=7", 1000, 143},
		{"volumes/performance?limit=333", 1000, 4},
		{"hosts?limit=64", 64, 1},
		{"drives?limit=7", 44, 7},
		{"volumes?limit=50&filter=" + url.QueryEscape("subtype='regular'"), 999, 20},
	} {
		t.Run(c.path, func(t *testing.T) {
			var all []string
			pages, path := 0, c.path
			for {
				p := r.get(path)
				pages++
				all = append(all, names(p)...)
				if p.Token == nil {
					require.False(t, p.More)
					break
				}
				require.True(t, p.More)
				path = c.path + "&continuation_token=" + url.QueryEscape(*p.Token)
			}
			require.Equal(t, c.pages, pages)
			require.Len(t, all, c.want)
			slices.Sort(all)
			require.Len(t, slices.Compact(all), c.want)
		})
	}
}

func TestPagingRules(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	p := r.get("volumes?limit=5&sort=name-")
	require.Nil(t, p.Token, "a sorted list has no token")
	require.True(t, p.More)
	require.True(t, slices.IsSortedFunc(names(p), func(a, b string) int { return -compare(a, b) }))
	require.Equal(t, names(r.get("volumes?limit=5&sort=-name")), names(p), "both spellings of descending")

	page2 := r.get("volumes?limit=5&sort=-name&offset=5")
	require.NotContains(t, names(page2), names(p)[0])

	require.Nil(t, r.get("volumes").ItemCount)
	require.Equal(t, 83, *r.get("volumes?total_item_count=true&limit=2").ItemCount)
	count := r.get("volumes?limit=0")
	require.Empty(t, count.Items)
	require.Equal(t, 83, *count.ItemCount)

	token := *r.get("volumes?limit=5").Token
	require.Equal(t, token, r.raw("volumes?limit=5").Header().Get("x-next-token"))
	for name, path := range map[string]string{
		"of another endpoint": "hosts?limit=5&continuation_token=" + url.QueryEscape(token),
		"of another filter":   "volumes?limit=5&filter=subtype%3D'regular'&continuation_token=" + url.QueryEscape(token),
		"of nobody":           "volumes?continuation_token=abc",
	} {
		require.Equal(t, 400, r.raw(path).Code, name)
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestNamesAndIDs(t *testing.T) {
	r := newRig(t, sim.Options{})
	all := r.get("volumes").Items
	a, b := all[3]["name"].(string), all[5]["name"].(string)
	require.Equal(t, []string{a, b}, names(r.get("volumes/performance?names="+b+","+a)))
	require.Equal(t, []string{a}, names(r.get("volumes?ids="+all[3]["id"].(string))))
	require.Len(t, r.get("drives?names=ch0.bay3").Items, 1, "names are compared without case")

	w := r.raw("volumes?names=" + a + ",nothing")
	require.Equal(t, 400, w.Code)
	require.JSONEq(t, `{"errors":[{"context":"nothing","message":"Object does not exist."}]}`, w.Body.String())
	w = r.raw("volumes?allow_errors=true&names=" + a + ",nothing")
	require.Equal(t, 207, w.Code)
	p := r.decode(w.Body)
	require.Len(t, p.Items, 1)
	require.Len(t, p.Errors, 1)
	require.Equal(t, 400, r.raw("volumes?names=a&ids=b").Code)
	require.Equal(t, 400, r.raw("drives?ids=b").Code)
}

func TestTotals(t *testing.T) {
	r := newRig(t, sim.Options{Size: sim.Recorded})
	r.array.Advance(6 * time.Hour)
	r.login()
	p := r.get("volumes/performance")
	var reads float64
	for _, it := range p.Items {
		reads += it["reads_per_sec"].(float64)
	}
	require.Equal(t, reads, p.Total[0]["reads_per_sec"])
	require.Equal(t, reads, r.get("hosts/performance").Total[0]["reads_per_sec"])
	require.Equal(t, reads, r.get("arrays/performance").Items[0]["reads_per_sec"])
	only := r.get("volumes/performance?total_only=true")
	require.Empty(t, only.Items)
	require.Equal(t, p.Total, only.Total)

	some := r.get("volumes/performance?filter=" + url.QueryEscape("reads_per_sec>500"))
	require.Less(t, len(some.Items), len(p.Items))
	var filtered float64
	for _, it := range some.Items {
		filtered += it["reads_per_sec"].(float64)
	}
	require.Positive(t, filtered)
	require.Equal(t, filtered, some.Total[0]["reads_per_sec"])

	space := r.get("arrays").Items[0]["space"].(map[string]any)
	require.Equal(t, space["total_physical"], space["unique"].(float64)+space["shared"].(float64)+
		space["snapshots"].(float64)+space["system"].(float64)+space["replication"].(float64))
	require.Equal(t, r.get("arrays/space").Items[0]["space"], r.get("arrays").Items[0]["space"])
	require.Equal(t, r.get("volumes").Total[0]["space"].(map[string]any)["unique"], space["unique"])
}

func TestFilter(t *testing.T) {
	r := newRig(t, sim.Options{})
	r.inject(sim.Fault{Kind: sim.DriveFail})
	r.array.Advance(time.Minute)
	for _, c := range []struct {
		path, filter string
		want         int
	}{
		{"alerts", `state='open'`, 2},
		{"alerts", `state="open"`, 2},
		{"alerts", `state != 'open'`, 3},
		{"alerts", `state=('open','closed')`, 5},
		{"alerts", `not(state='open')`, 3},
		{"alerts", `flagged`, 5},
		{"alerts", `closed=null and code=60`, 2},
		{"alerts", fmt.Sprintf(`flagged and updated>=%d`, r.array.Now().Add(-10*time.Minute).UnixMilli()), 2},
		{"alerts", `component_type='drive' or component_type='shelf'`, 2},
		{"drives", `name='ch0.nvb*'`, 4},
		{"drives", `type='SSD' and not status='healthy'`, 1},
		{"drives", `capacity > 1e12`, 10},
		{"volumes", `space.unique=0`, 1},
		{"volumes", `name='*nowhere*'`, 0},
		{"hardware", `temperature>0 and name='CT0*'`, 27},
	} {
		t.Run(c.filter, func(t *testing.T) {
			require.Len(t, r.get(c.path+"?filter="+url.QueryEscape(c.filter)).Items, c.want)
		})
	}
	require.Empty(t, r.get("alerts?flagged=false").Items)
	require.Len(t, r.get("alerts?flagged=true").Items, 5)
	require.Empty(t, r.get("volumes?destroyed=true").Items)
	for _, bad := range []string{`state=`, `state='open`, `=1`, `(state='open'`, `state='open')`, `nofield=1`, `state=('a'`, `state=open`, `a and`} {
		require.Equal(t, 400, r.raw("alerts?filter="+url.QueryEscape(bad)).Code, bad)
	}
	require.Equal(t, 400, r.raw("alerts?sort=nofield").Code)
	require.Equal(t, 400, r.raw("alerts?limit=-1").Code)
	require.Equal(t, 400, r.raw("alerts?limit=x").Code)
	require.Equal(t, 400, r.raw("volumes?total_only=maybe").Code)
}

func TestHistory(t *testing.T) {
	r := newRig(t, sim.Options{Seed: 8})
	start := r.array.Now()
	r.array.Advance(2 * time.Hour)
	r.login()
	q := func(path string, from, to time.Time, step int) reply {
		return r.get(fmt.Sprintf("%s?start_time=%d&end_time=%d&resolution=%d", path, from.UnixMilli(), to.UnixMilli(), step))
	}
	p := q("arrays/performance", start, start.Add(10*time.Minute), 30000)
	require.Len(t, p.Items, 21)
	for i, it := range p.Items {
		require.Equal(t, ms(start.Add(time.Duration(i)*30*time.Second)), it["time"])
	}
	v := q("volumes/performance", start, start.Add(2*time.Minute), 30000)
	require.Len(t, v.Items, 5*20)
	var reads float64
	for _, it := range v.Items[:20] {
		reads += it["reads_per_sec"].(float64)
	}
	require.Equal(t, p.Items[0]["reads_per_sec"], reads, "history of the array is the sum of that of its volumes")
	totals := r.get(fmt.Sprintf("volumes/performance?total_only=true&resolution=30000&start_time=%d&end_time=%d", start.UnixMilli(), start.Add(2*time.Minute).UnixMilli()))
	require.Len(t, totals.Total, 5)
	require.Equal(t, p.Items[4]["reads_per_sec"], totals.Total[4]["reads_per_sec"])

	require.Len(t, r.get("arrays/performance?resolution=1000").Items, 1, "without a start: the newest sample")
	require.Len(t, q("arrays/space", start, start.Add(time.Hour), 300000).Items, 13)
	require.Len(t, q("hosts/performance", start, start, 30000).Items, 6)
	require.NotEmpty(t, q("network-interfaces/performance", start, start, 30000).Items)
	long := r.get(fmt.Sprintf("arrays/performance?limit=0&start_time=%d&end_time=%d&resolution=1800000",
		start.Add(-3*365*24*time.Hour).UnixMilli(), start.Add(time.Hour).UnixMilli()))
	require.Equal(t, (365*24-1)*2+1, *long.ItemCount, "what is older than the array keeps is not there")
	later := q("arrays/performance", start.Add(time.Hour), start.Add(30*time.Hour), 30000)
	require.Equal(t, ms(r.array.Now()), later.Items[len(later.Items)-1]["time"], "nothing from the future")
	require.Empty(t, r.get("arrays/performance?resolution=86400000&start_time=9223372036854775807").Items)
	require.Len(t, r.get("arrays/performance?resolution=30000&end_time=9223372036854775807").Items, 1)
	require.Equal(t, 400, r.raw("volumes/performance?resolution=1000").Code, "objects have nothing finer than 30 s")
	require.Equal(t, 400, r.raw("arrays/space?resolution=30000").Code)
	require.Equal(t, 400, r.raw("arrays/performance?start_time=5&end_time=4").Code)

	again := q("arrays/performance", start, start.Add(10*time.Minute), 30000)
	r.inject(sim.Fault{Kind: sim.Bottleneck})
	r.array.Advance(30 * time.Minute)
	require.Equal(t, again.Items, q("arrays/performance", start, start.Add(10*time.Minute), 30000).Items, "history does not change")
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{`state='open'`, `not(a=1) and (b=('x',"y*") or c>=-1.5)`, `a.b.c`, `((((`, `a=null|b&c`} {
		f.Add(s)
	}
	a, err := sim.New(sim.Options{})
	require.NoError(f, err)
	a.Advance(time.Minute)
	f.Fuzz(func(t *testing.T, filter string) {
		r := newRigOf(t, a)
		w := r.raw("alerts?filter=" + url.QueryEscape(filter))
		require.Contains(t, []int{200, 400}, w.Code)
		r.decode(w.Body)
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("limit=7&offset=3&sort=name-&names=a,b")
	f.Add("start_time=1&end_time=9223372036854775807&resolution=30000")
	f.Add("start_time=9223372036854775807&resolution=86400000")
	f.Add("start_time=1772431200000&resolution=86400000&continuation_token=YWJjOjE=")
	f.Add("total_only=true&total_item_count=true&limit=0&flagged=true&destroyed=false&ids=x&allow_errors=true")
	a, err := sim.New(sim.Options{})
	require.NoError(f, err)
	a.Advance(time.Minute)
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		r := newRigOf(t, a)
		for _, path := range []string{"volumes", "alerts", "arrays/performance"} {
			u := url.URL{Path: base + path, RawQuery: values.Encode()}
			w := r.do("GET", u.String(), map[string][]string{"X-Auth-Token": {r.session}})
			require.Contains(t, []int{200, 207, 400}, w.Code)
			r.decode(w.Body)
		}
	})
}
