// Package desktest is the suite every implementation of the desk's interfaces
// must pass. Call [Store] and [Blobs] from the implementation's tests with a
// function that opens a fresh, empty one.
package desktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"darksite/bundle"
	"darksite/bundle/desk"

	"github.com/stretchr/testify/require"
)

// Keeper is both halves of a store.
type Keeper interface {
	desk.Store
	desk.Index
}

func day(n int) time.Time { return time.Date(2026, 11, n, 9, 0, 0, 0, time.UTC) }

func imported(site string, seq int64, draft *desk.Draft) desk.Event {
	bid := bundle.NewID(site, uint64(seq))
	id := ""
	if draft != nil {
		id = draft.ID
	}
	return desk.Event{
		Case: desk.CaseID(site, id, bid), Kind: desk.Imported, At: day(2), Actor: "intake", Draft: draft,
		Bundle: &desk.Bundle{
			BID: bid, Site: site, Seq: seq, SealedSHA256: bundle.DigestOf([]byte(bid)),
			ManifestSHA256: bundle.DigestOf([]byte("m" + bid)), Taken: day(1), Received: day(2), Officers: []string{"a", "b"},
		},
	}
}

func draft() *desk.Draft {
	return &desk.Draft{ID: "T-ABCDEFGH22", Array: "host-1", Subject: "A drive has failed", Severity: 3, PrimaryID: "mdurand"}
}

// onFile are the events that put a site's paperwork in order.
func onFile(site string) []desk.Event {
	return []desk.Event{
		{Site: site, Kind: desk.ContactSet, At: day(1), Actor: "tse", Contact: &desk.Contact{ID: "mdurand", Name: "M. Durand", Role: desk.ContactAdmin, Phone: "1"}},
		{Site: site, Kind: desk.PlanSet, At: day(1), Actor: "tse", Plan: &desk.Plan{Kind: desk.Premium, From: day(1), Until: day(28)}},
	}
}

// Store runs the suite of a case store.
func Store(t *testing.T, open func(t *testing.T) Keeper) {
	t.Run("a case is born by its bundle and lives by its events", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		got, err := s.Record(ctx, imported("S042", 1, draft()))
		require.NoError(t, err)
		require.Equal(t, desk.Held, got[0].Status, "nothing is on file of the site")
		require.Equal(t, 3, got[0].Severity)
		id := got[0].ID
		_, err = s.Record(ctx, desk.Event{Case: id, Kind: desk.Acknowledged, At: day(3), Actor: "tse", Text: "the drive is dead"})
		require.ErrorIs(t, err, desk.ErrRule)
		_, err = s.Record(ctx, append(onFile("S042"), desk.Event{Case: id, Kind: desk.Admitted, At: day(3), Actor: "tse", Text: "known by telephone"})...)
		require.NoError(t, err)
		got, err = s.Record(ctx,
			desk.Event{Case: id, Kind: desk.Acknowledged, At: day(3), Actor: "tse", Severity: 2, Text: "the drive is dead"},
			desk.Event{Case: id, Kind: desk.Commented, At: day(3), Actor: "tse", Text: "part ordered"})
		require.NoError(t, err)
		require.Equal(t, "00000001", got[1].Number)
		require.Equal(t, 2, got[1].Severity)
		require.Equal(t, desk.InProgress, got[1].Status)

		site, err := s.Site(ctx, "S042")
		require.NoError(t, err)
		for _, name := range []string{id, "00000001"} {
			c, events, err := s.Case(ctx, name)
			require.NoError(t, err)
			require.Equal(t, got[1], c)
			require.Len(t, events, 4)
			again := desk.Case{}
			for i, e := range events {
				if i > 0 {
					require.Greater(t, e.Seq, events[i-1].Seq)
				}
				file := site
				if i == 0 {
					file = desk.Site{} // it came before the paperwork
				}
				again, err = desk.Apply(again, file, e)
				require.NoError(t, err)
			}
			require.Equal(t, c, again, "a case is what its events add up to")
		}
	})
	t.Run("the file of a site is what its events add up to", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		none, err := s.Site(ctx, "S042")
		require.NoError(t, err)
		require.Equal(t, desk.Site{Code: "S042"}, none)
		got, err := s.Record(ctx, append(onFile("S042"), imported("S042", 1, draft()))...)
		require.NoError(t, err)
		require.Equal(t, []desk.Case{{}, {}}, got[:2], "events of a site have no case")
		require.Equal(t, desk.AwaitingSupport, got[2].Status, "an event sees what the ones before it did")
		file, err := s.Site(ctx, "S042")
		require.NoError(t, err)
		want := desk.Site{}
		for i, e := range onFile("S042") {
			e.Seq = uint64(i + 1)
			want, err = desk.ApplySite(want, e)
			require.NoError(t, err)
		}
		require.Equal(t, want, file)
		other, err := s.Site(ctx, "S0421")
		require.NoError(t, err)
		require.Zero(t, other.Version)
		_, err = s.Record(ctx, desk.Event{Site: "S042", Kind: desk.PlanSet})
		require.ErrorIs(t, err, desk.ErrRule)
	})
	t.Run("the events of a case are its own", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		for seq := range int64(12) {
			_, err := s.Record(ctx, imported("S042", seq+1, nil))
			require.NoError(t, err)
		}
		for _, id := range []string{"S042/S042-000001", "S042/S042-000011", "S042/S042-000001"} {
			_, err := s.Record(ctx, desk.Event{Case: id, Kind: desk.Commented, Text: id})
			require.NoError(t, err)
		}
		_, events, err := s.Case(ctx, "S042/S042-000001")
		require.NoError(t, err)
		require.Len(t, events, 3)
		_, events, err = s.Case(ctx, "S042/S042-000002")
		require.NoError(t, err)
		require.Len(t, events, 1)
	})
	t.Run("numbers are given once and rise", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		for i, want := range []string{"00000001", "00000002", "00000003"} {
			got, err := s.Record(ctx, imported("S042", int64(i+1), nil))
			require.NoError(t, err)
			got, err = s.Record(ctx, desk.Event{Case: got[0].ID, Kind: desk.Acknowledged, At: day(3), Severity: 3, Text: "seen"})
			require.NoError(t, err)
			require.Equal(t, want, got[0].Number)
		}
	})
	t.Run("all events or none", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		_, err := s.Record(ctx, imported("S042", 1, nil), desk.Event{Case: "S042/none", Kind: desk.Commented, Text: "x"})
		require.ErrorIs(t, err, desk.ErrRule)
		cases, err := s.Cases(ctx)
		require.NoError(t, err)
		require.Empty(t, cases)
		_, err = s.Bundle(ctx, bundle.DigestOf([]byte("S042-000001")))
		require.ErrorIs(t, err, desk.ErrNotFound)
	})
	t.Run("a bundle is imported once and a sequence has one bundle", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		e := imported("S042", 1, nil)
		_, err := s.Record(ctx, e)
		require.NoError(t, err)
		_, err = s.Record(ctx, e)
		require.ErrorIs(t, err, desk.ErrKnown)
		other := imported("S042", 1, nil)
		other.Bundle.SealedSHA256 = bundle.DigestOf([]byte("another"))
		_, err = s.Record(ctx, other)
		require.ErrorIs(t, err, desk.ErrFork)
	})
	t.Run("bundles of a site come by sequence and of that site only", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		for _, e := range []desk.Event{imported("S042", 300, nil), imported("S042", 2, nil), imported("S0421", 1, nil), imported("S04", 9, nil)} {
			_, err := s.Record(ctx, e)
			require.NoError(t, err)
		}
		got, err := s.Bundles(ctx, "S042")
		require.NoError(t, err)
		require.Len(t, got, 2)
		require.EqualValues(t, 2, got[0].Seq)
		require.EqualValues(t, 300, got[1].Seq)
	})
	t.Run("replies of a site follow one another", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		got, err := s.Record(ctx, imported("S042", 1, nil))
		require.NoError(t, err)
		seq, hash, err := s.LastReply(ctx, "S042")
		require.NoError(t, err)
		require.Zero(t, seq)
		require.Empty(t, hash)
		_, err = s.Record(ctx, desk.Event{Case: got[0].ID, Kind: desk.Replied, ReplySeq: 2, ReplyHash: "x"})
		require.ErrorIs(t, err, desk.ErrRule)
		_, err = s.Record(ctx, desk.Event{Case: got[0].ID, Kind: desk.Replied, ReplySeq: 1, ReplyHash: "abc"})
		require.NoError(t, err)
		seq, hash, err = s.LastReply(ctx, "S042")
		require.NoError(t, err)
		require.EqualValues(t, 1, seq)
		require.Equal(t, "abc", hash)
	})
	t.Run("many writers at once lose nothing", func(t *testing.T) {
		s, ctx := open(t), t.Context()
		got, err := s.Record(ctx, imported("S042", 1, nil))
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				_, err := s.Record(ctx, desk.Event{Case: got[0].ID, Kind: desk.Commented, Text: "me too"})
				if err != nil {
					t.Errorf("record: %v", err)
				}
			})
		}
		wg.Wait()
		_, events, err := s.Case(ctx, got[0].ID)
		require.NoError(t, err)
		require.Len(t, events, 21)
	})
	t.Run("random events come out as in a model", func(t *testing.T) { againstModel(t, open(t)) })
	t.Run("what is not there is said to be not there", func(t *testing.T) {
		s := open(t)
		_, _, err := s.Case(t.Context(), "00000042")
		require.ErrorIs(t, err, desk.ErrNotFound)
	})
	t.Run("a cancelled context changes nothing", func(t *testing.T) {
		s := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Record(ctx, imported("S042", 1, nil))
		require.ErrorIs(t, err, context.Canceled)
		cases, err := s.Cases(t.Context())
		require.NoError(t, err)
		require.Empty(t, cases)
	})
}

// model is a store as one would write it without a disk.
type model struct {
	sites   map[string]desk.Site
	cases   map[string]desk.Case
	events  map[string]int
	bundles map[bundle.Digest]desk.Bundle
	chain   map[string]bool  // site and sequence
	replies map[string]int64 // by site
	number  int
}

// record does what a store must do, or says that it must refuse.
func (m *model) record(e desk.Event, seq uint64) bool {
	e.Seq = seq
	if e.Case == "" {
		file, err := desk.ApplySite(m.sites[e.Site], e)
		if err == nil {
			m.sites[e.Site] = file
		}
		return err == nil
	}
	was, there := m.cases[e.Case]
	if e.Kind == desk.Acknowledged {
		e.Number = fmt.Sprintf("%08d", m.number+1)
	}
	file, _, _ := strings.Cut(e.Case, "/")
	c, err := desk.Apply(was, m.sites[file], e)
	if err != nil {
		return false
	}
	switch e.Kind {
	case desk.Imported:
		place := fmt.Sprint(e.Bundle.Site, " ", e.Bundle.Seq)
		if _, twice := m.bundles[e.Bundle.SealedSHA256]; twice || m.chain[place] {
			return false
		}
		m.bundles[e.Bundle.SealedSHA256], m.chain[place] = *e.Bundle, true
	case desk.Acknowledged:
		m.number++
	case desk.Replied:
		if e.ReplySeq != m.replies[was.Site]+1 {
			return false
		}
		m.replies[was.Site]++
	}
	if !there {
		m.events[e.Case] = 0
	}
	m.cases[e.Case] = c
	m.events[e.Case]++
	return true
}

// againstModel runs random events against the store and the model: the same ones are
// refused, and the same cases stand at the end.
func againstModel(t *testing.T, s Keeper) {
	rng := rand.New(rand.NewPCG(42, 17))
	m := &model{
		sites: map[string]desk.Site{}, cases: map[string]desk.Case{}, events: map[string]int{}, bundles: map[bundle.Digest]desk.Bundle{},
		chain: map[string]bool{}, replies: map[string]int64{},
	}
	sites, seq, refused := []string{"S042", "S0421", "S7"}, uint64(1), 0
	for _, code := range sites {
		m.sites[code] = desk.Site{Code: code}
	}
	for range 600 {
		site := sites[rng.IntN(len(sites))]
		e := imported(site, 1+rng.Int64N(12), draft())
		e.Bundle.SealedSHA256 = bundle.DigestOf([]byte{byte(rng.IntN(60))})
		switch n := rng.IntN(14); n {
		case 8:
			e = onFile(site)[rng.IntN(2)]
		case 9:
			e = desk.Event{Site: site, Kind: desk.ContactEnded, By: "mdurand"}
		case 10:
			e.Kind, e.Text, e.By, e.Summary, e.Reach, e.At = desk.Escalated, "slow", "mdurand", "slow", "telephone", day(3)
		case 11:
			e.Kind, e.Text = []desk.Kind{desk.Admitted, desk.Refused}[rng.IntN(2)], "decided"
		case 12:
			e.Kind, e.Text, e.By, e.Status, e.At = desk.Moved, "works", "mdurand", desk.Closed, day(4)
		case 13:
			e.Kind, e.Text, e.Severity = desk.Reopened, "again", rng.IntN(5)
		case 0, 1:
		case 2:
			e.Kind, e.Text, e.Severity = desk.Acknowledged, "seen", rng.IntN(5)
		case 3:
			e.Kind, e.Severity = desk.Raised, rng.IntN(6)
		case 4:
			e.Kind, e.Text, e.Status = desk.Moved, "confirmed", []desk.Status{desk.InProgress, desk.AwaitingCustomer, desk.Pending, desk.New}[rng.IntN(4)]
		case 5:
			e.Kind, e.ReplySeq = desk.Replied, m.replies[site]+rng.Int64N(3)
			e.ReplyHash = fmt.Sprint(e.ReplySeq)
		default:
			e.Kind, e.Text = desk.Commented, strings.Repeat("x", rng.IntN(3))
		}
		if e.Kind != desk.Imported {
			e.Bundle, e.Draft = nil, nil
		}
		if e.Case != "" && e.Bundle != nil && rng.IntN(3) == 0 {
			e.Draft = nil
		}
		got, err := s.Record(t.Context(), e)
		require.Equal(t, m.record(e, seq), err == nil, "%+v: %v", e, err)
		if err != nil {
			refused++
			continue
		}
		require.Equal(t, m.cases[e.Case], got[0])
		seq++
	}
	require.Greater(t, refused, 50, "the rules were tried")
	require.Greater(t, seq, uint64(100), "and the rest too")
	all, err := s.Cases(t.Context())
	require.NoError(t, err)
	require.Len(t, all, len(m.cases))
	for _, c := range all {
		require.Equal(t, m.cases[c.ID], c)
		_, events, err := s.Case(t.Context(), c.ID)
		require.NoError(t, err)
		require.Len(t, events, m.events[c.ID])
	}
	for d, b := range m.bundles {
		got, err := s.Bundle(t.Context(), d)
		require.NoError(t, err)
		require.Equal(t, b, got)
	}
	for _, site := range sites {
		file, err := s.Site(t.Context(), site)
		require.NoError(t, err)
		require.Equal(t, m.sites[site], file)
		n, _, err := s.LastReply(t.Context(), site)
		require.NoError(t, err)
		require.Equal(t, m.replies[site], n)
	}
}

// Blobs runs the suite of a blob store.
func Blobs(t *testing.T, open func(t *testing.T) desk.Blobs) {
	content := bytes.Repeat([]byte("sealed "), 50_000)
	digest := bundle.DigestOf(content)
	read := func(t *testing.T, b desk.Blobs) []byte {
		r, err := b.Open(t.Context(), digest)
		require.NoError(t, err)
		defer r.Close()
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		return got
	}
	t.Run("put and open, twice", func(t *testing.T) {
		b := open(t)
		require.NoError(t, b.Put(t.Context(), digest, bytes.NewReader(content)))
		require.NoError(t, b.Put(t.Context(), digest, strings.NewReader("ignored: it is there")))
		require.True(t, bytes.Equal(content, read(t, b)))
	})
	t.Run("removed, and put again", func(t *testing.T) {
		b := open(t)
		require.NoError(t, b.Remove(t.Context(), digest), "what is not there")
		require.NoError(t, b.Put(t.Context(), digest, bytes.NewReader(content)))
		require.NoError(t, b.Remove(t.Context(), digest))
		_, err := b.Open(t.Context(), digest)
		require.ErrorIs(t, err, desk.ErrNotFound)
		require.NoError(t, b.Put(t.Context(), digest, bytes.NewReader(content)))
		require.True(t, bytes.Equal(content, read(t, b)))
	})
	t.Run("content of another digest is refused and not kept", func(t *testing.T) {
		b := open(t)
		require.Error(t, b.Put(t.Context(), digest, strings.NewReader("other")))
		_, err := b.Open(t.Context(), digest)
		require.ErrorIs(t, err, desk.ErrNotFound)
	})
	t.Run("a reader that fails leaves nothing", func(t *testing.T) {
		b := open(t)
		broken := errors.New("medium pulled")
		err := b.Put(t.Context(), digest, io.MultiReader(bytes.NewReader(content[:100]), iotest.ErrReader(broken)))
		require.ErrorIs(t, err, broken)
		_, err = b.Open(t.Context(), digest)
		require.ErrorIs(t, err, desk.ErrNotFound)
		require.NoError(t, b.Put(t.Context(), digest, bytes.NewReader(content)))
		require.True(t, bytes.Equal(content, read(t, b)))
	})
	t.Run("what is no digest names no blob", func(t *testing.T) {
		b := open(t)
		for _, d := range []bundle.Digest{"", "../../etc/passwd", bundle.Digest(strings.Repeat("g", 64))} {
			require.Error(t, b.Put(t.Context(), d, strings.NewReader("x")))
			_, err := b.Open(t.Context(), d)
			require.Error(t, err)
			require.Error(t, b.Remove(t.Context(), d))
		}
	})
}
