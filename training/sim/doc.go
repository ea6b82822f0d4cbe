// Package sim models storage arrays of two kinds: a FlashArray with its drives,
// controllers, volumes and hosts, and a FlashBlade with its blades, fabric
// modules, file systems and buckets; the load on them, and the faults that
// befall them. Labs, tests and the guided demonstration watch these arrays
// instead of real ones.
//
// # Start
//
//	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7, Size: sim.Recorded})
//	a.Advance(10 * time.Minute)
//	id, err := a.Inject(sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY7"})
//	a.Advance(30 * time.Second)
//	for _, d := range a.View().Drives() { ... }
//	err = a.Clear(id)
//
// An array of the other kind is made with Family: sim.FlashBlade and seen with
// [Array.Blade]; [Array.Look] is for those to whom the kind is one. [CatalogueOf]
// lists the faults of a kind, and a fault of the other kind is refused.
//
// An [Array] holds a virtual clock and a list of faults. A [View] is the array
// at one instant: what it tells is a pure function of the options, the faults
// and the instant. Nothing is integrated from step to step, so one step of an
// hour and 3,600 steps of a second lead to the same state, and the past can be
// asked for at any time. A [Window] is the work done over a short time; a
// [BladeView] and a [BladeWindow] are the same of a FlashBlade.
//
// # Promises
//
//   - Same options, same faults, same instant: the same answer to the byte (on
//     one processor architecture; others may round floating point otherwise).
//   - What has been seen does not change: faults are injected and cleared now
//     or later, never in the past.
//   - The work of an array is exactly the sum of its volumes, that of a host
//     exactly its part, that of a pod or a volume group the sum of the volumes
//     in it, and the used space the sum of what volumes use. Writes to a
//     stretched pod are mirrored writes and counted as such. Directories are
//     beside all that: nobody counts them twice. The work of a FlashBlade is
//     exactly the sum over its protocols, and over its file systems and buckets;
//     NFS is the sum of its clients.
//   - Every fault but those of a moment can be cleared, and then its alerts
//     close. [Catalogue] lists the faults with their parameters.
//
// # Limits
//
// The package reads no clock and no file and opens no socket; package arrayapi
// gives it the interface of an array. It imports the standard library only, so
// that it can share no mistake with the clients it is there to test. Service
// times come from a simple model (a base for the medium and the size of an
// operation, more with load, more with each fault), good enough to tell a
// quiet array from one in trouble, not to plan one. Load has a daily wave,
// noise and a heavy tail: of the recorded size 4 of 83 volumes and 3 or 4 of 31
// hosts are busy, as they were in the recording, though busier than there, so
// that there is something to see. Only the large size has a shelf. Some alert
// codes are not in any public source and are this model's own; alerts.go says
// which. The codes of a FlashBlade are all from recordings; the texts are not. Its
// sensors tell no temperature, it has no partner to replicate to, and the
// capacity it loses with a blade is not counted against the shares at which it
// speaks up.
package sim
