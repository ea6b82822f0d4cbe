package flashblade_test

import (
	"fmt"
	"time"

	"darksite/localmon/source/flashblade"
)

// A reply that was saved to a file becomes what a look would have made of it.
func ExampleDecode() {
	saved := []byte(`{"items":[
		{"name":"CH1.FB1","status":"healthy"},
		{"name":"CH1.FB2","status":"unhealthy"},
		{"name":"CH1.FB3","status":"unused"}]}`)
	b, err := flashblade.Decode("blades.json", saved, time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range b.States {
		fmt.Println(s.Type, s.Component, s.Status, s.Health)
	}
	// Output:
	// blade CH1.FB1 healthy ok
	// blade CH1.FB2 unhealthy critical
	// blade CH1.FB3 unused ok
}
