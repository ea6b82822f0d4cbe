package runbooks

import (
	"fmt"
	"slices"
	"time"
)

// What the kit may do to an array by itself, at risk R1. This is all there is.
const (
	Locate        = "locate"         // light the locate LED of the component; put out when the run ends
	FlagAlert     = "flag-alert"     // mark the array's alert as being worked on
	Mute          = "mute"           // a maintenance window that ends by itself
	TestNTP       = "test-ntp"       // have the array ask its time servers
	TestSyslog    = "test-syslog"    // have it send one test message
	TestSNMP      = "test-snmp"      // one test trap
	TestMail      = "test-mail"      // one test mail
	TestDirectory = "test-directory" // one test log-in at its directory
	TestKMIP      = "test-kmip"      // one test connection to its key server
)

// Deeds lists them.
func Deeds() []string {
	return []string{Locate, FlagAlert, Mute, TestNTP, TestSyslog, TestSNMP, TestMail, TestDirectory, TestKMIP}
}

// maxMute is the longest maintenance window the kit asks for.
const maxMute = 24 * time.Hour

// Deed is one thing the kit does.
type Deed struct {
	What string        `yaml:"what"`
	For  time.Duration `yaml:"for"` // mute: how long
}

func (d Deed) problem() string {
	switch {
	case !slices.Contains(Deeds(), d.What):
		return fmt.Sprintf("%q is nothing the kit does", d.What)
	case d.What == Mute && (d.For < time.Minute || d.For > maxMute):
		return fmt.Sprintf("mute needs for, from a minute to %s", maxMute)
	case d.What != Mute && d.For != 0:
		return "for is read for mute only"
	}
	return ""
}

// Undone reports whether the kit takes the deed back when a run ends.
func (d Deed) Undone() bool { return d.What == Locate }

// Sentence says in a language what the kit will do.
func (d Deed) Sentence(l Lang) string {
	t, ok := map[string]Text{
		Locate:        {EN: "light the locate LED of {component}; it goes out when the run ends", FR: "allumer le voyant de repérage de {component} ; il s'éteint à la fin de l'exécution"},
		FlagAlert:     {EN: "flag the array's alert about {component}", FR: "marquer l'alerte de la baie sur {component}"},
		TestNTP:       {EN: "have the array ask its time servers", FR: "faire interroger par la baie ses serveurs de temps"},
		TestSyslog:    {EN: "have the array send one test message to its log servers", FR: "faire envoyer par la baie un message d'essai à ses serveurs de journaux"},
		TestSNMP:      {EN: "have the array send one test trap", FR: "faire envoyer par la baie un trap d'essai"},
		TestMail:      {EN: "have the array send one test mail", FR: "faire envoyer par la baie un courriel d'essai"},
		TestDirectory: {EN: "have the array test its directory service", FR: "faire tester par la baie son service d'annuaire"},
		TestKMIP:      {EN: "have the array test its key servers", FR: "faire tester par la baie ses serveurs de clés"},
	}[d.What]
	if !ok {
		t = Text{
			EN: fmt.Sprintf("mute the array's alerts to its watchers for %s", quantity(English, d.For.Minutes(), "minutes", -1)),
			FR: fmt.Sprintf("suspendre pendant %s les alertes que la baie envoie", quantity(French, d.For.Minutes(), "minutes", -1)),
		}
	}
	return t.In(l)
}
