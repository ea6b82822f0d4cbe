package live

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// Looker has targets looked at before their turn.
type Looker interface {
	// Look asks for a look at one target, at all of them when it is empty. It does
	// not wait for the look.
	Look(target string) error
}

type lookRequest struct {
	Target string `json:"target"`
}

func (s *Server) look(r *http.Request) (any, error) {
	if s.o.Looker == nil {
		return nil, errAbsent
	}
	var req lookRequest
	if err := body(r, &req); err != nil {
		return nil, badRequest{fmt.Errorf("look: %w", err)}
	}
	if err := s.o.Looker.Look(req.Target); err != nil {
		return nil, badRequest{fmt.Errorf("look: %w", err)}
	}
	return req, nil
}

// Look asks for a look at a target before its turn, at all of them when it is
// empty. The monitor looks some seconds later; it answers at once.
func (c *Client) Look(ctx context.Context, target string) error {
	body, err := json.Marshal(lookRequest{Target: target})
	if err != nil {
		return fmt.Errorf("ask for a look: %w", err)
	}
	_, err = ask[lookRequest](ctx, c, http.MethodPost, "/v1/look", nil, bytes.NewReader(body))
	return err
}
