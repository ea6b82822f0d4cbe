package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"darksite/localmon"
	"darksite/localmon/alertstore"
)

// Quiets sets and ends silences and maintenance windows; a *daemon.Daemon does.
type Quiets interface {
	Quiets() []localmon.Quiet
	SetQuiet(q localmon.Quiet) (localmon.Quiet, error)
	EndQuiet(id uint64, by string) (localmon.Quiet, error)
}

// Past knows what was; an *alertstore.Store does.
type Past interface {
	Past(q alertstore.Query) (alertstore.Past, error)
	Quiets(limit int) ([]localmon.Quiet, error)
}

// maxAnswered is how many changes of the past one answer holds.
const maxAnswered = 20_000

func (s *Server) quiets(*http.Request) (any, error) {
	if s.o.Quiets == nil {
		return nil, errAbsent
	}
	out := s.o.Quiets.Quiets()
	if out == nil {
		out = []localmon.Quiet{}
	}
	return out, nil
}

func (s *Server) setQuiet(r *http.Request) (any, error) {
	if s.o.Quiets == nil {
		return nil, errAbsent
	}
	var q localmon.Quiet
	if err := body(r, &q); err != nil {
		return nil, badRequest{fmt.Errorf("silence: %w", err)}
	}
	return s.o.Quiets.SetQuiet(q)
}

type endRequest struct {
	By string `json:"by"`
}

func (s *Server) endQuiet(r *http.Request) (any, error) {
	if s.o.Quiets == nil {
		return nil, errAbsent
	}
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, badRequest{fmt.Errorf("silence %q: not a number", r.PathValue("id"))}
	}
	var req endRequest
	if err := body(r, &req); err != nil {
		return nil, badRequest{fmt.Errorf("end of a silence: %w", err)}
	}
	return s.o.Quiets.EndQuiet(id, req.By)
}

func body(r *http.Request, into any) error {
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

// was are the silences and maintenance windows there ever were, newest first.
func (s *Server) was(*http.Request) (any, error) {
	if s.o.Past == nil {
		return nil, errAbsent
	}
	return s.o.Past.Quiets(maxAnswered)
}

func (s *Server) past(r *http.Request) (any, error) {
	if s.o.Past == nil {
		return nil, errAbsent
	}
	v := r.URL.Query()
	q := alertstore.Query{Target: v.Get("target"), Rule: v.Get("rule"), Component: v.Get("component")}
	var errs [3]error
	q.From, errs[0] = optionalTime(v.Get("from"))
	q.To, errs[1] = optionalTime(v.Get("to"))
	if limit := v.Get("limit"); limit != "" {
		q.Limit, errs[2] = strconv.Atoi(limit)
	}
	if err := errors.Join(errs[:]...); err != nil || q.Limit < 0 {
		return nil, badRequest{fmt.Errorf("the past of alerts: want times, and a limit that is a number: %w", err)}
	}
	q.Limit = min(q.Limit, maxAnswered)
	return s.o.Past.Past(q)
}

func optionalTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, s)
}

// Quiets returns the silences and maintenance windows that have not ended.
func (c *Client) Quiets(ctx context.Context) ([]localmon.Quiet, error) {
	return ask[[]localmon.Quiet](ctx, c, http.MethodGet, "/v1/quiets", nil, nil)
}

// SetQuiet sets a silence or a maintenance window.
func (c *Client) SetQuiet(ctx context.Context, q localmon.Quiet) (localmon.Quiet, error) {
	data, err := json.Marshal(q)
	if err != nil {
		return localmon.Quiet{}, fmt.Errorf("set a silence: %w", err)
	}
	return ask[localmon.Quiet](ctx, c, http.MethodPost, "/v1/quiets", nil, bytes.NewReader(data))
}

// EndQuiet ends one before its time.
func (c *Client) EndQuiet(ctx context.Context, id uint64, by string) (localmon.Quiet, error) {
	data, err := json.Marshal(endRequest{by})
	if err != nil {
		return localmon.Quiet{}, fmt.Errorf("end silence %d: %w", id, err)
	}
	return ask[localmon.Quiet](ctx, c, http.MethodPost, "/v1/quiets/"+strconv.FormatUint(id, 10)+"/end", nil, bytes.NewReader(data))
}

// QuietsEver returns the silences and maintenance windows there ever were, the
// newest first.
func (c *Client) QuietsEver(ctx context.Context) ([]localmon.Quiet, error) {
	return ask[[]localmon.Quiet](ctx, c, http.MethodGet, "/v1/quiets/ever", nil, nil)
}

// Past returns changes of alerts, the newest of those that fit.
func (c *Client) Past(ctx context.Context, q alertstore.Query) (alertstore.Past, error) {
	v := url.Values{"target": {q.Target}, "rule": {q.Rule}, "component": {q.Component}, "limit": {strconv.Itoa(q.Limit)}}
	for name, t := range map[string]time.Time{"from": q.From, "to": q.To} {
		if !t.IsZero() {
			v.Set(name, t.Format(time.RFC3339Nano))
		}
	}
	return ask[alertstore.Past](ctx, c, http.MethodGet, "/v1/past", v, nil)
}
