package simhost

import (
	"darksite/training/sim"
	"darksite/training/sim/arrayapi"
	"darksite/training/sim/metricsexp"
)

// listen serves the faces of one array. A FlashArray has its metrics where its
// REST interface is, for the bearer of the same token; a FlashBlade has REST alone.
func listen(address string, a *sim.Array) (*arrayapi.Server, error) {
	rest := arrayapi.New(a)
	if a.Options().Family != sim.FlashArray {
		return arrayapi.Listen(address, rest)
	}
	metrics, err := metricsexp.New(a, rest.Token())
	if err != nil {
		return nil, err
	}
	return arrayapi.Listen(address, rest, arrayapi.Face{Path: "/metrics", Handler: metrics})
}
