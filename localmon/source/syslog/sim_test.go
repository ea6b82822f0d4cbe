package syslog_test

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/push"
	"darksite/localmon/source/sourcetest"
	"darksite/localmon/source/syslog"
	"darksite/training/sim"
	"darksite/training/sim/syslogger"

	"github.com/stretchr/testify/require"
)

// TestASimulatedArrayThatOnlySpeaks follows an array by what it sends and
// compares, look by look, with what the array holds.
func TestASimulatedArrayThatOnlySpeaks(t *testing.T) {
	for _, way := range []struct {
		network syslogger.Network
		framing syslogger.Framing
	}{{network: syslogger.UDP}, {syslogger.TCP, syslogger.Newline}, {syslogger.TCP, syslogger.OctetCounting}, {syslogger.TLS, syslogger.OctetCounting}} {
		for _, format := range []syslogger.Format{syslogger.RFC5424, syslogger.RFC3164} {
			t.Run(fmt.Sprint(way.network, " ", way.framing, " ", format), func(t *testing.T) {
				a, err := sim.New(sim.Options{Name: "fa-1", Seed: 7})
				require.NoError(t, err)
				box := push.NewMailbox(0)
				router, err := push.NewRouter([]push.Target{{Name: "fa-1", From: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Box: box}})
				require.NoError(t, err)
				handled := make(chan push.Message)
				r := serve(t, syslog.Options{Now: a.Now, Known: router.Knows, Handle: func(m push.Message) {
					if _, ok := router.Route(m); ok {
						handled <- m
					}
				}})
				address := map[syslogger.Network]string{syslogger.UDP: r.udp, syslogger.TCP: r.tcp, syslogger.TLS: r.tls}[way.network]
				sender, err := syslogger.New(syslogger.Options{
					Name: "fa-1", Network: way.network, Framing: way.framing, Format: format, Address: address, TLS: &tls.Config{RootCAs: r.roots},
				})
				require.NoError(t, err)
				defer sender.Close()
				src := push.Alone("fa-1", box, push.AloneOptions{})
				var inject []string
				var blips []localmon.ArrayAlert
				for step := range 40 {
					switch step {
					case 2:
						for _, f := range []sim.Fault{{Kind: sim.DriveFail}, {Kind: sim.PSULoss}, {Kind: sim.AlertBurst}} {
							id, err := a.Inject(f)
							require.NoError(t, err)
							inject = append(inject, id)
						}
					case 6:
						_, err := a.Inject(sim.Fault{Kind: sim.AlertBlip})
						require.NoError(t, err)
					case 10, 12, 14:
						require.NoError(t, a.Clear(inject[step/2-5]))
					}
					from := a.Now()
					a.Advance(30 * time.Second)
					n, err := sender.Send(t.Context(), a.View(), from, a.Now())
					require.NoError(t, err)
					for range n {
						select {
						case m := <-handled:
							require.NotNil(t, m.Alert, m.Text)
							require.Equal(t, "fa-1", m.Host)
							require.WithinRange(t, m.SentAt, from.Truncate(time.Second), a.Now())
						case <-time.After(patience):
							require.FailNow(t, "a message did not come")
						}
					}
					b, err := src.Collect(t.Context(), a.Now())
					require.NoError(t, err)
					require.NoError(t, sourcetest.Check(b, "fa-1", a.Now()))
					require.Equal(t, held(a.View()), open(b.Alerts), "step %d", step)
					for _, al := range b.Alerts {
						if al.State == "closed" && al.Component == "ct0.fc3" {
							blips = append(blips, al)
						}
					}
				}
				require.Len(t, blips, 1, "what came and went between two looks is told")
				require.Equal(t, 45, blips[0].Code)
				require.Equal(t, "increased invalid TX word count", blips[0].Issue)
			})
		}
	}
}

// held is what the array itself holds open, in words that both sides have.
func held(v sim.View) []string {
	var all []string
	for _, a := range v.Alerts() {
		if a.State != "closed" {
			all = append(all, fmt.Sprint(a.Code, a.Severity, a.ComponentType, a.Component, strings.TrimSuffix(a.Issue, "."), a.Expected, a.Actual))
		}
	}
	slices.Sort(all)
	return all
}

func open(alerts []localmon.ArrayAlert) []string {
	var all []string
	for _, a := range alerts {
		if a.State == "open" {
			all = append(all, fmt.Sprint(a.Code, a.Severity, a.ComponentType, a.Component, strings.TrimSuffix(a.Issue, "."), a.Expected, a.Actual))
		}
	}
	slices.Sort(all)
	return all
}
