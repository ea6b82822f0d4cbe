package snmp_test

import (
	"context"
	"fmt"
	"time"

	"darksite/localmon/source/push"
	"darksite/localmon/source/snmp"
)

func ExampleNew() {
	src, err := snmp.New(snmp.Options{Target: "fa-old-1", Address: "127.0.0.1:1161", User: &snmp.User{
		Name: "watcher", Auth: "SHA-256", AuthPassword: "from a file", Priv: "AES", PrivPassword: "from another",
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(src.Target())
	// Output: fa-old-1
}

func ExampleListen() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	traps, err := snmp.Listen(snmp.TrapOptions{
		Address:     "127.0.0.1:0",
		Communities: []snmp.Secret{"from a file"},
		Handle:      func(m push.Message) { fmt.Println(m.From, m.Text) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := traps.Run(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+v\n", traps.Counts())
	// Output: {Received:0 Dropped:0 Malformed:0 Refused:0 Asked:0 Believed:0 Answered:0}
}
