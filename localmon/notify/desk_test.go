package notify_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"darksite/localmon"
	"darksite/localmon/notify"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// changeLog is a log of changes in memory.
type changeLog struct {
	mu  sync.Mutex
	all []localmon.Change
	err error
}

func (l *changeLog) Changes(after uint64, limit int) ([]localmon.Change, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil, l.err
	}
	left := l.all[min(int(after), len(l.all)):]
	return slices.Clone(left[:min(limit, len(left))]), nil
}

func (l *changeLog) Newest() (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.all)), nil
}

// add appends changes and gives them their numbers.
func (l *changeLog) add(changes ...localmon.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range changes {
		c.Seq = uint64(len(l.all) + 1)
		l.all = append(l.all, c)
	}
}

func (l *changeLog) fire(n int) {
	for range n {
		l.add(change(1, localmon.SeverityMajor, "A", "alpha"))
	}
}

// pager remembers what it was told, and fails as it is asked to.
type pager struct {
	mu    sync.Mutex
	err   error
	hang  bool
	taken []notify.Message
	tries int
}

func (p *pager) Notify(ctx context.Context, m notify.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	if p.hang {
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		return ctx.Err()
	}
	if p.err == nil || errors.Is(p.err, notify.ErrPartly) {
		p.taken = append(p.taken, m)
	}
	return p.err
}

func (p *pager) set(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
}

// told are the numbers of the changes it was told, and how many were repeats.
func (p *pager) told() (seqs []uint64, repeats int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.taken {
		for _, c := range m.Changes {
			seqs = append(seqs, c.Seq)
		}
		repeats += m.Repeats
	}
	return seqs, repeats
}

func (p *pager) messages() []notify.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.taken)
}

func openDB(t *testing.T) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "site.db"), 0o600, &bbolt.Options{NoSync: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func openDesk(t *testing.T, db notify.DB, log notify.Log, ways ...notify.Way) *notify.Desk {
	t.Helper()
	for i := range ways {
		if ways[i].Name == "" {
			ways[i].Name = fmt.Sprint("way-", i)
		}
	}
	d, err := notify.Open(notify.Options{Site: "S042", DB: db, Log: log, Ways: ways, Now: time.Now})
	require.NoError(t, err)
	return d
}

// reports remembers what a desk reported last of each way.
type reports struct {
	mu sync.Mutex
	of map[string]error
}

func (r *reports) note(what string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string]error{}
	}
	r.of[what] = err
}

func (r *reports) get(what string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[what]
}

// running runs a desk inside a bubble and gives the way to end it.
func running(t *testing.T, d *notify.Desk, r *reports) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx, r.note) }()
	return func() { cancel(); <-done }
}

func TestAWayIsToldEverythingOnceAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, log, p := openDB(t), &changeLog{}, &pager{}
		log.fire(3) // before the way was named
		d := openDesk(t, db, log, notify.Way{Notifier: p})
		stop := running(t, d, &reports{})
		log.fire(250)
		require.NoError(t, d.Notify(t.Context(), nil, 0))
		synctest.Wait()
		log.fire(2)
		require.NoError(t, d.Notify(t.Context(), nil, 0))
		synctest.Wait()
		stop()
		seqs, repeats := p.told()
		require.Len(t, seqs, 252)
		for i, s := range seqs {
			require.EqualValues(t, i+4, s)
		}
		require.Zero(t, repeats)
		require.Zero(t, d.States()[0].Queue)

		again := &pager{}
		log.fire(1) // while nothing runs
		d = openDesk(t, db, log, notify.Way{Notifier: again})
		require.EqualValues(t, 1, d.States()[0].Queue)
		stop = running(t, d, &reports{})
		synctest.Wait()
		stop()
		seqs, repeats = again.told()
		require.Equal(t, []uint64{256}, seqs)
		require.Zero(t, repeats)
	})
}

func TestAFailureAfterWhichNobodyKnowsMakesRepeatsAndADefiniteOneDoesNot(t *testing.T) {
	for name, c := range map[string]struct {
		err     error
		repeats int
	}{
		"nobody knows":            {errors.New("connection lost"), 2},
		"nothing has arrived":     {fmt.Errorf("dial: %w", notify.ErrNotSent), 0},
		"not to everybody, later": {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, p := &changeLog{}, &pager{err: c.err}
				d := openDesk(t, openDB(t), log, notify.Way{Notifier: p})
				stop := running(t, d, &reports{})
				log.fire(2)
				require.NoError(t, d.Notify(t.Context(), nil, 0))
				synctest.Wait()
				log.fire(1)
				p.set(nil)
				require.NoError(t, d.Notify(t.Context(), nil, 0))
				time.Sleep(time.Minute)
				stop()
				seqs, repeats := p.told()
				require.Equal(t, []uint64{1, 2, 3}, seqs)
				require.Equal(t, c.repeats, repeats)
			})
		})
	}
}

func TestAMessageThatDidNotReachEverybodyIsToldOnceAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p, r := &changeLog{}, &pager{err: fmt.Errorf("gone@: %w", notify.ErrPartly)}, &reports{}
		d := openDesk(t, openDB(t), log, notify.Way{Name: "admins", Notifier: p, Patience: time.Minute})
		stop := running(t, d, r)
		defer stop()
		for range 3 {
			log.fire(1)
			require.NoError(t, d.Notify(t.Context(), nil, 0))
			time.Sleep(time.Minute)
		}
		seqs, _ := p.told()
		require.Equal(t, []uint64{1, 2, 3}, seqs)
		require.ErrorContains(t, r.get("notifier admins"), "gone@")
	})
}

func TestAWayThatFailsIsTriedLessOftenAndReportedAfterItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p, well, r := &changeLog{}, &pager{err: errors.New("relay refused")}, &pager{}, &reports{}
		hung := &pager{hang: true}
		d := openDesk(t, openDB(t), log,
			notify.Way{Name: "mail", Notifier: p, Patience: 10 * time.Minute},
			notify.Way{Name: "hung", Notifier: hung, Timeout: time.Minute},
			notify.Way{Name: "file", Notifier: well})
		stop := running(t, d, r)
		defer stop()
		log.fire(1)
		require.NoError(t, d.Notify(t.Context(), nil, 0))
		time.Sleep(5 * time.Minute)
		require.NoError(t, r.get("notifier mail"), "still within its patience")
		seqs, _ := well.told()
		require.Equal(t, []uint64{1}, seqs, "the others are told at once")
		time.Sleep(24 * time.Hour)
		require.ErrorContains(t, r.get("notifier mail"), "relay refused")
		require.ErrorContains(t, r.get("notifier hung"), "deadline")
		require.NoError(t, r.get("notifier file"))
		require.Less(t, p.tries, 24*12*2, "a relay that is down is not beaten at")
		require.Greater(t, p.tries, 24*12)
		s := d.States()[0]
		require.EqualValues(t, p.tries, s.Failures)
		require.EqualValues(t, 1, s.Queue)

		p.set(nil)
		time.Sleep(5 * time.Minute)
		require.NoError(t, r.get("notifier mail"), "works again")
		seqs, _ = p.told()
		require.Equal(t, []uint64{1}, seqs)
		require.Empty(t, d.States()[0].Error)
	})
}

func TestAStormIsOneMessageThatBeginsWithTheMostUrgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p := &changeLog{}, &pager{}
		d := openDesk(t, openDB(t), log, notify.Way{Notifier: p, Digest: 20, Gather: 5 * time.Second})
		stop := running(t, d, &reports{})
		defer stop()
		synctest.Wait()
		for i := range 5000 {
			c := change(1, localmon.SeverityMinor, fmt.Sprintf("CT0.FC%d", i%200), "port is down")
			c.Alert.Rule = fmt.Sprintf("port-down-%d", i%3)
			log.add(c)
		}
		urgent := change(1, localmon.SeverityUrgent, "CT0", "controller CT0 is failed")
		urgent.Alert.Rule = "controller-failed"
		log.add(urgent)
		require.NoError(t, d.Notify(t.Context(), nil, 0))
		time.Sleep(time.Minute)
		got := p.messages()
		require.Len(t, got, 1)
		m := got[0]
		require.Empty(t, m.Changes)
		require.Equal(t, 5001, m.Count)
		require.Len(t, m.Digest, 4)
		require.Equal(t, "controller-failed", m.Digest[0].Rule)
		require.Equal(t, 1667, m.Digest[1].Changes)
		require.Len(t, m.Digest[1].Components, 5)
		require.True(t, m.Digest[1].Further)
		require.Equal(t, "[S042] 5001 changes of fa-1, urgent at worst", m.Title())
		require.Len(t, m.Lines(), 5)
	})
}

func TestChangesOfOneMomentGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p := &changeLog{}, &pager{}
		d := openDesk(t, openDB(t), log, notify.Way{Notifier: p, Digest: 20, Gather: 10 * time.Second})
		stop := running(t, d, &reports{})
		defer stop()
		synctest.Wait()
		for range 3 {
			log.fire(1)
			require.NoError(t, d.Notify(t.Context(), nil, 0))
			time.Sleep(3 * time.Second)
		}
		require.Empty(t, p.messages())
		time.Sleep(2 * time.Second)
		require.Len(t, p.messages(), 1)
		require.Len(t, p.messages()[0].Changes, 3, "few changes are told one by one")
	})
}

func TestAWayIsUsedOnlySoOftenAndWhatWaitsGoesTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p := &changeLog{}, &pager{}
		d := openDesk(t, openDB(t), log, notify.Way{Notifier: p, Digest: 20, PerHour: 6})
		stop := running(t, d, &reports{})
		defer stop()
		for range 6 * 60 { // one a minute, for six hours
			log.fire(1)
			require.NoError(t, d.Notify(t.Context(), nil, 0))
			time.Sleep(time.Minute)
		}
		time.Sleep(10 * time.Minute)
		require.LessOrEqual(t, len(p.messages()), 5+6*6+2)
		seqs, _ := p.told()
		require.Len(t, seqs, 360, "nothing is lost")
	})
}

func TestAWayIsToldWhatConcernsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, people, all, urgent := &changeLog{}, &pager{}, &pager{}, &pager{}
		d := openDesk(t, openDB(t), log, notify.Way{Notifier: people}, notify.Way{Notifier: all, All: true}, notify.Way{Notifier: urgent, Least: localmon.SeverityUrgent})
		raised := change(1, localmon.SeverityMajor, "A", "alpha")
		raised.What = localmon.ChangeRaised
		log.add(raised)
		log.add(change(1, localmon.SeverityInfo, "B", "beta"), change(1, localmon.SeverityUrgent, "C", "gamma"))
		require.NoError(t, d.Flush(t.Context()))
		for want, p := range map[string]*pager{"[2 3]": people, "[1 2 3]": all, "[3]": urgent} {
			seqs, _ := p.told()
			require.Equal(t, want, fmt.Sprint(seqs))
		}
		for _, s := range d.States() {
			require.Zero(t, s.Queue)
		}
	})
}

func TestFlushSaysWhatCouldNotBeTold(t *testing.T) {
	log, well := &changeLog{}, &pager{}
	d := openDesk(t, openDB(t), log, notify.Way{Name: "mail", Notifier: &pager{err: errors.New("relay refused")}}, notify.Way{Name: "file", Notifier: well})
	log.fire(1)
	err := d.Flush(t.Context())
	require.ErrorContains(t, err, "notifier mail: relay refused")
	require.NotContains(t, err.Error(), "file")
	require.Len(t, well.messages(), 1)
}

type faulty struct{}

func (faulty) Notify(context.Context, notify.Message) error { panic("out of range") }

func TestAPanicOfANotifierIsItsFailure(t *testing.T) {
	log := &changeLog{}
	d := openDesk(t, openDB(t), log, notify.Way{Name: "odd", Notifier: faulty{}})
	log.fire(1)
	require.ErrorContains(t, d.Flush(t.Context()), "fault of the kit, please report it: out of range")
}

func TestALogThatCannotBeReadIsAFailure(t *testing.T) {
	log, p := &changeLog{}, &pager{}
	d := openDesk(t, openDB(t), log, notify.Way{Notifier: p})
	log.fire(1)
	log.err = errors.New("input/output error")
	require.ErrorContains(t, d.Flush(t.Context()), "input/output error")
	require.Empty(t, p.messages())
	require.NotZero(t, d.States()[0].Failing)
	log.err = nil
	require.NoError(t, d.Flush(t.Context()))
	require.Zero(t, d.States()[0].Failing)
	log.err = errors.New("input/output error")
	require.Error(t, d.Flush(t.Context()))
	log.err = nil
	require.NoError(t, d.Flush(t.Context()))
	require.Zero(t, d.States()[0].Failing, "nothing waits, and it can be read again")
	require.Len(t, p.messages(), 1)
}

func TestAClockThatIsSetBackHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, p := &changeLog{}, &pager{}
		var back time.Duration
		var mu sync.Mutex
		d, err := notify.Open(notify.Options{Site: "S042", DB: openDB(t), Log: log, Ways: []notify.Way{{Name: "mail", Notifier: p, PerHour: 60}}, Now: func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Add(-back).Round(0)
		}})
		require.NoError(t, err)
		stop := running(t, d, &reports{})
		defer stop()
		for range 10 {
			log.fire(1)
			require.NoError(t, d.Notify(t.Context(), nil, 0))
			time.Sleep(time.Second)
		}
		mu.Lock()
		back = 24 * time.Hour
		mu.Unlock()
		log.fire(1)
		require.NoError(t, d.Notify(t.Context(), nil, 0))
		time.Sleep(3 * time.Minute)
		seqs, _ := p.told()
		require.Len(t, seqs, 11)
	})
}

func TestAMarkThatIsDamagedBeginsAnewAndSaysSo(t *testing.T) {
	db, log := openDB(t), &changeLog{}
	log.fire(5)
	openDesk(t, db, log, notify.Way{Name: "mail", Notifier: &pager{}}, notify.Way{Name: "old", Notifier: &pager{}})
	require.NoError(t, db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(notify.Bucket))
		v := slices.Clone(b.Get([]byte("mail")))
		v[len(v)-2] ^= 4
		return b.Put([]byte("mail"), v)
	}))
	d := openDesk(t, db, log, notify.Way{Name: "mail", Notifier: &pager{}})
	require.Equal(t, []string{"mail"}, d.Lost())
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		require.Nil(t, tx.Bucket([]byte(notify.Bucket)).Get([]byte("old")), "who is no longer named is forgotten")
		return nil
	}))
	require.Empty(t, openDesk(t, db, log, notify.Way{Name: "mail", Notifier: &pager{}}).Lost())
}

func TestWaysNeedNamesOfTheirOwn(t *testing.T) {
	for _, ways := range [][]notify.Way{{{Name: "", Notifier: &pager{}}}, {{Name: "a", Notifier: &pager{}}, {Name: "a", Notifier: &pager{}}}, {{Name: "a"}}} {
		_, err := notify.Open(notify.Options{DB: openDB(t), Log: &changeLog{}, Ways: ways, Now: time.Now})
		require.Error(t, err)
	}
}

func TestATestIsReportedWayByWay(t *testing.T) {
	well := &pager{}
	got := notify.Test(t.Context(), "S042", []notify.Way{
		{Name: "mail", Kind: "mail", Notifier: &pager{err: errors.New("relay refused")}},
		{Name: "file", Kind: "file", Notifier: well},
		{Name: "odd", Notifier: faulty{}},
	}, time.Now)
	require.Len(t, got, 3)
	require.ErrorContains(t, got[0].Err, "relay refused")
	require.NoError(t, got[1].Err)
	require.ErrorContains(t, got[2].Err, "out of range")
	require.True(t, well.messages()[0].Test)
}
