package sim

import (
	"fmt"
	"strings"
	"time"
)

// The SAS ports of the shelf, two on each of its modules. Each is cabled to
// the controller of its number: see cableEnd.
const shelfCables = 4

// buildShelf adds what connects a shelf: its modules, its ports, and the ports
// of the controllers they are cabled to.
func (inv *inventory) buildShelf(serial func(prefix, name string) string) {
	port := func(name string, index int) {
		inv.hardware = append(inv.hardware, Hardware{
			Name: name, Type: "sas_port", Index: index, Speed: Some(int64(12e9)), Status: "ok",
		})
	}
	for i := range 2 {
		n := fmt.Sprintf("SH0.IOM%d", i)
		inv.hardware = append(inv.hardware, Hardware{
			Name: n, Type: "sas_module", Index: i, Model: "SIOM-12G", Serial: serial("PSIOM", n), Status: "ok", CanIdentify: true,
		})
	}
	for i := range shelfCables {
		port(fmt.Sprintf("SH0.SAS%d", i), i)
	}
	for i := range shelfCables {
		port(cableEnd(fmt.Sprintf("SH0.SAS%d", i)), i/2)
	}
}

// cableEnd is the controller's port at the other end of a shelf's port.
func cableEnd(name string) string {
	var i int
	if _, err := fmt.Sscanf(name, "SH0.SAS%d", &i); err != nil {
		return ""
	}
	return fmt.Sprintf("CT%d.SAS%d", i%2, i/2)
}

func (inv *inventory) shelfPorts() []string {
	var names []string
	for _, h := range inv.hardware {
		if h.Type == "sas_port" && strings.HasPrefix(h.Name, "SH") {
			names = append(names, h.Name)
		}
	}
	return names
}

// cabled shows what a cable that is off does to a part: to both of its ends,
// and to the bays of the shelf, which half of the paths have lost.
func (v View) cabled(h *Hardware) {
	for _, e := range v.entries {
		if e.Kind != SASCable || !e.active(v.at) {
			continue
		}
		shelf, _, _ := strings.Cut(e.Target, ".")
		switch {
		case h.Name == e.Target, h.Name == cableEnd(e.Target):
			h.Status, h.Details, h.Speed = "critical", "cable is not connected", Some(int64(0))
		case h.Type == "drive_bay" && strings.HasPrefix(h.Name, shelf+".") && h.Status == "ok":
			h.Status, h.Details = "unknown", "half of the paths are lost"
		}
	}
}

// pathLost says whether the path to a drive is lost now: always, or in the
// first half of each turn when it flaps.
func pathLost(e Entry, at time.Time) bool {
	turn := e.duration("flap")
	return turn == 0 || at.Sub(e.At)%turn < turn/2
}
