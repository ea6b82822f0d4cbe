package flasharray_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/flasharray"
)

// A look tells apart what a person has to do next.
func Example() {
	look := func(ctx context.Context, token, pin string) error {
		src, err := flasharray.New(flasharray.Options{Target: "fa-prod-1", URL: "https://10.1.0.10", Token: token, Pin: pin})
		if err != nil {
			return err
		}
		defer src.Close(ctx)
		batch, err := src.Collect(ctx, time.Now())
		switch {
		case errors.Is(err, localmon.ErrCertificateChanged):
			return fmt.Errorf("somebody else may be answering: %w", err)
		case err != nil:
			return err // says which array and what to do
		}
		for _, part := range batch.Partial {
			fmt.Println("not read:", part.Endpoint, part.Err)
		}
		for _, state := range batch.States {
			if state.Health != localmon.HealthOK {
				fmt.Println(state.Type, state.Component, state.Status)
			}
		}
		return nil
	}
	_ = look // an example needs no array
}
