package flasharray_test

import (
	"testing"

	"darksite/localmon"
	"darksite/localmon/source/arrayrest/resttest"

	"github.com/stretchr/testify/require"
)

func TestATransceiverIsAsBadAsTheWorstItMeasures(t *testing.T) {
	lane := func(value float64, word string) item {
		return item{"channel": nil, "measurement": value, "status": word}
	}
	flag := func(set bool) item { return item{"channel": nil, "flag": set} }
	for name, c := range map[string]struct {
		change item
		status string
		health localmon.Health
		detail string
	}{
		"all in range":                           {item{}, "ok", localmon.HealthOK, "rx power 0.5 mW"},
		"little light comes in":                  {item{"rx_power": []item{lane(0.05, "warn low")}}, "warn low", localmon.HealthWarning, "rx power 0.05 mW"},
		"too little light comes in":              {item{"rx_power": []item{lane(0.01, "alarm low")}}, "alarm low", localmon.HealthCritical, "rx power 0.01 mW"},
		"nobody cabled the port":                 {item{"rx_power": []item{lane(0, "alarm low")}, "rx_los": []item{flag(true)}}, "ok", localmon.HealthOK, "rx power"},
		"one lane of four is weak":               {item{"rx_power": []item{lane(0.5, "ok"), lane(0.5, "ok"), lane(0.02, "alarm low"), lane(0.5, "ok")}}, "alarm low", localmon.HealthCritical, "rx power 0.02 mW"},
		"one lane is dark and another weak":      {item{"rx_power": []item{lane(0, "alarm low"), lane(0.05, "warn low")}, "rx_los": []item{flag(true), flag(false)}}, "warn low", localmon.HealthWarning, "rx power 0.05 mW"},
		"the port is switched off":               {item{"tx_power": []item{lane(0, "alarm low")}, "tx_bias": []item{lane(0, "alarm low")}}, "ok", localmon.HealthOK, "rx power 0.5 mW"},
		"the laser wears out":                    {item{"tx_bias": []item{lane(12.5, "alarm high")}}, "alarm high", localmon.HealthCritical, "tx bias 12.5 mA"},
		"too warm":                               {item{"temperature": []item{lane(71, "warn high")}}, "warn high", localmon.HealthWarning, "temperature 71 °C"},
		"the worse of two counts":                {item{"temperature": []item{lane(71, "warn high")}, "voltage": []item{lane(2.9, "alarm low")}}, "alarm low", localmon.HealthCritical, "voltage 2.9 V"},
		"the transmitter reports a fault":        {item{"tx_fault": []item{flag(true)}}, "tx fault", localmon.HealthCritical, "the transmitter reports a fault"},
		"a word nobody knows is news":            {item{"voltage": []item{lane(3.3, "melancholic")}}, "melancholic", localmon.HealthWarning, "voltage 3.3 V"},
		"copper, or one that cannot be measured": {item{"rx_power": nil, "tx_power": []item{}, "tx_bias": nil, "temperature": nil, "voltage": nil}, "", localmon.HealthUnknown, ""},
		"shapes the interface does not describe": {item{"rx_power": "low", "tx_power": []any{7, "x"}, "tx_bias": item{}, "temperature": nil, "voltage": nil, "tx_fault": true}, "", localmon.HealthUnknown, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newSmall(t)
			port := item{
				"name": "CT0.FC0", "interface_type": "fc", "rx_los": []item{flag(false)}, "tx_fault": []item{flag(false)},
				"rx_power": []item{lane(0.5, "ok")}, "tx_power": []item{lane(0.6, "ok")}, "tx_bias": []item{lane(7, "ok")},
				"temperature": []item{lane(40, "ok")}, "voltage": []item{lane(3.3, "ok")},
			}
			for k, v := range c.change {
				port[k] = v
			}
			a.Versions = []string{"2.16"}
			a.Items["network-interfaces/port-details"] = []item{port}
			s := resttest.StateOf(t, resttest.Collect(t, a.source(), at), "transceiver", "CT0.FC0")
			require.Equal(t, c.status, s.Status)
			require.Equal(t, c.health, s.Health)
			require.Equal(t, c.detail, s.Detail)
		})
	}
	t.Run("an array that is too old to tell is not asked", func(t *testing.T) {
		a := newSmall(t)
		b := resttest.Collect(t, a.source(), at)
		require.Empty(t, b.Partial)
		require.NotContains(t, resttest.Types(b), "transceiver")
	})
}

func TestReplicaLinksAreKnownByTheirPod(t *testing.T) {
	for word, want := range map[string]localmon.Health{
		"replicating": localmon.HealthOK, "baselining": localmon.HealthOK, "paused": localmon.HealthOK, "quiescing": localmon.HealthOK,
		"quiesced": localmon.HealthOK, "unhealthy": localmon.HealthCritical, "": localmon.HealthUnknown, "melancholic": localmon.HealthWarning,
	} {
		a := newSmall(t)
		a.Items["pod-replica-links/lag"] = []item{{
			"local_pod": item{"name": "dr"}, "remote_pod": item{"name": "dr-copy"}, "remotes": []item{{"name": "fa2"}},
			"direction": "outbound", "status": word, "lag": item{"avg": 1500, "max": nil},
		}, {"local_pod": nil}}
		b := resttest.Collect(t, a.source(), at)
		s := resttest.StateOf(t, b, "replica-link", "dr")
		require.Equal(t, want, s.Health, word)
		require.Equal(t, "outbound, dr-copy, fa2", s.Detail)
		require.Equal(t, 1500.0, resttest.Value(t, b, "purefa_pod_replica_links_lag_average_msec",
			"remote", "fa2", "local_pod", "dr", "remote_pod", "dr-copy", "direction", "outbound", "status", word))
		require.Zero(t, resttest.Count(b, "purefa_pod_replica_links_lag_max_msec"), "null is not nought")
	}
}
