package sim_test

import (
	"fmt"
	"time"

	"darksite/training/sim"
)

func Example() {
	a, err := sim.New(sim.Options{Name: "fa-prod-1", Seed: 7})
	if err != nil {
		fmt.Println(err)
		return
	}
	a.Advance(10 * time.Minute)
	id, err := a.Inject(sim.Fault{Kind: sim.DriveFail, Target: "CH0.BAY7"})
	if err != nil {
		fmt.Println(err)
		return
	}
	a.Advance(30 * time.Second)
	for _, d := range a.View().Drives() {
		if d.Status != "healthy" {
			fmt.Println(d.Name, d.Status)
		}
	}
	for _, al := range a.View().Alerts() {
		if al.State == "open" {
			fmt.Println(al.Code, al.ComponentType, al.Component, al.Issue)
		}
	}
	fmt.Println(a.Clear(id))
	// Output:
	// CH0.BAY7 failed
	// 60 drive ch0.bay7 failure
	// 60 shelf ch0 shelf drive failures(s)
	// <nil>
}
