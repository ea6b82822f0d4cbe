package coach

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"darksite/training/labmark"
	"darksite/training/labs"
)

// Client is a command's way to the practice site.
type Client struct {
	url, token string
	http       *http.Client
	real       func() time.Time

	mu    sync.Mutex
	now   time.Time // of the arrays, as told at asked
	asked time.Time // by the real clock
}

const (
	maxReply = 64 << 20
	// clockFor is how long an answer about the time serves: a command asks very often.
	clockFor = 100 * time.Millisecond
)

// Dial finds the practice site of a marker. It dials loopback and nothing else; a site
// that is gone is [ErrOver]. The real clock says how long an answer about the time serves.
func Dial(ctx context.Context, m Marker, real func() time.Time) (*Client, error) {
	u, err := url.Parse(m.URL)
	if err != nil {
		return nil, fmt.Errorf("practice site: %w", err)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err != nil || !ip.IsLoopback() || u.Scheme != "http" {
		return nil, fmt.Errorf("practice site %q: %w", m.URL, labmark.ErrMixed)
	}
	c := &Client{url: m.URL, token: m.Token, real: real, http: &http.Client{
		Timeout:       10 * time.Minute,
		Transport:     &http.Transport{Proxy: nil, MaxIdleConns: 2, IdleConnTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if err := c.moment(ctx, http.MethodGet, "/now", nil); err != nil {
		return nil, err
	}
	return c, nil
}

// Now is the clock of the arrays. Where it cannot be asked it stands.
func (c *Client) Now() time.Time {
	c.mu.Lock()
	fresh, now := c.real().Sub(c.asked).Abs() < clockFor, c.now
	c.mu.Unlock()
	if fresh {
		return now
	}
	if err := c.moment(context.Background(), http.MethodGet, "/now", nil); err != nil {
		return now
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets time pass; the monitor looks every so often meanwhile.
func (c *Client) Advance(ctx context.Context, d, every time.Duration) error {
	return c.moment(ctx, http.MethodPost, "/advance", advance{d, every})
}

// Watch says that the site is furnished and can be watched.
func (c *Client) Watch(ctx context.Context) error {
	return c.moment(ctx, http.MethodPost, "/watch", struct{}{})
}

// Begin says that the learner has come.
func (c *Client) Begin(ctx context.Context) error {
	return c.moment(ctx, http.MethodPost, "/begin", struct{}{})
}

// End ends the practice site. It may be gone before it could answer.
func (c *Client) End(ctx context.Context) error {
	err := c.moment(ctx, http.MethodPost, "/end", struct{}{})
	if errors.Is(err, ErrOver) {
		return nil
	}
	return err
}

// Do does something with hands, and Look looks; both say what is to be seen.
func (c *Client) Do(ctx context.Context, a Act) (string, error) { return c.say(ctx, "/do", a) }

// Look says what somebody sees who stands before a part.
func (c *Client) Look(ctx context.Context, a Act) (string, error) { return c.say(ctx, "/look", a) }

// World is what simulator and hands know, and when the learner came.
func (c *Client) World(ctx context.Context) (labs.World, time.Time, error) {
	var s state
	if err := c.call(ctx, http.MethodGet, "/state", nil, &s); err != nil {
		return nil, time.Time{}, err
	}
	return s.World, s.Began, nil
}

func (c *Client) say(ctx context.Context, path string, a Act) (string, error) {
	var s saying
	err := c.call(ctx, http.MethodPost, path, a, &s)
	return s.Says, err
}

func (c *Client) moment(ctx context.Context, method, path string, body any) error {
	var m moment
	if err := c.call(ctx, method, path, body, &m); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.asked = m.Now, c.real()
	return nil
}

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return fmt.Errorf("practice site: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("practice site: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		if isGone(err) {
			return ErrOver
		}
		return fmt.Errorf("practice site: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return fmt.Errorf("practice site: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var said struct{ Error string }
		switch err := json.Unmarshal(data, &said); {
		case err != nil || resp.StatusCode == http.StatusForbidden:
			return ErrOver // another program has the port now
		default:
			return errors.New(said.Error)
		}
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("practice site: read its answer: %w", err)
	}
	return nil
}
