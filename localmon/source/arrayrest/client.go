package arrayrest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/pinned"
)

// Limits of one request. An array that goes beyond them is misbehaving or is
// not an array.
const (
	maxParallel = 4       // requests at once; arrays have complained about more
	maxSmall    = 1 << 20 // bytes of the version list, of log-in and error bodies
)

// session is one log-in.
type session struct {
	token   string
	version Version
}

// Options say which array to speak to and how.
type Options struct {
	Target string // the site's name for the array; required
	URL    string // https://host or https://host:port; required
	Token  string // API token of a read-only user; required
	Pin    string // sha256:hex of the array's certificate; required, see [pinned.Fetch]

	// Timeout bounds one look, all requests together; 25 seconds when zero.
	Timeout time.Duration
	// RequestTimeout bounds one request; 10 seconds when zero.
	RequestTimeout time.Duration

	Dialect Dialect // of the kind of array; required
}

// Client speaks to one array and to nothing else. One goroutine at a time may
// take a [Look]; [Client.Raw] may run beside it.
type Client struct {
	target  string
	dialect Dialect
	base    *url.URL
	token   string
	timeout time.Duration
	perCall time.Duration
	http    *http.Client
	slots   chan struct{}

	expires atomic.Int64 // unix seconds after which the array's certificate ends; zero before it was seen

	mu      sync.Mutex
	session session
}

// NewClient checks the options. It opens no connection.
func NewClient(o Options) (*Client, error) {
	if o.Target == "" {
		return nil, errors.New("a target needs a name")
	}
	base, err := pinned.ParseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", o.Target, err)
	}
	if o.Token == "" || strings.ContainsAny(o.Token, "\r\n\x00") {
		return nil, fmt.Errorf("array %s: the API token is empty or spans lines; put the token alone into the token file", o.Target)
	}
	if o.Pin == "" {
		return nil, fmt.Errorf("array %s: no certificate pin; fetch the array's fingerprint, compare it with what the array itself shows, and set tls_pin", o.Target)
	}
	pin, err := pinned.Parse(o.Pin)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", o.Target, err)
	}
	return newClient(o, base, pin), nil
}

// Target is the site's name for the array.
func (c *Client) Target() string { return c.target }

func newClient(o Options, base *url.URL, pin string) *Client {
	return &Client{
		target: o.Target, dialect: o.Dialect, base: base, token: o.Token,
		timeout: cmp.Or(o.Timeout, 25*time.Second), perCall: cmp.Or(o.RequestTimeout, 10*time.Second),
		slots: make(chan struct{}, maxParallel),
		http:  &http.Client{Transport: pinned.Transport(pinned.HostPort(base), pin, maxParallel), CheckRedirect: pinned.NoRedirect},
	}
}

// Visit is one look at the array: it bounds what is read and how often the
// client may log in, whatever the array answers.
type Visit struct {
	c *Client

	mu     sync.Mutex
	logins int   // left
	bytes  int64 // left
	dead   error // set once the array as a whole is lost
}

func (c *Client) visit() *Visit {
	return &Visit{c: c, logins: 2, bytes: maxVisit}
}

// enter returns the session to use. stale is a session token that was refused.
func (v *Visit) enter(ctx context.Context, stale string) (session, error) {
	c := v.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session.token != "" && c.session.token != stale {
		return c.session, nil
	}
	v.mu.Lock()
	v.logins--
	left := v.logins
	v.mu.Unlock()
	if left < 0 {
		return session{}, c.fail(localmon.ErrTokenRefused, errors.New("the array refuses the session it has just given"))
	}
	s, err := c.login(ctx)
	c.session = s
	return s, err
}

// login agrees on a version and opens a session.
func (c *Client) login(ctx context.Context) (session, error) {
	offered, err := c.versions(ctx)
	if err != nil {
		return session{}, err
	}
	version, ok := c.dialect.choose(offered)
	if !ok {
		return session{}, c.fail(ErrTooOld, fmt.Errorf("offers REST %s, this kit speaks %s to %s", spellVersions(offered), c.dialect.Oldest, c.dialect.Newest))
	}
	r, err := c.call(ctx, http.MethodPost, c.dialect.session(version, "login"), nil, http.Header{"Api-Token": {c.token}}, maxSmall)
	if err != nil {
		return session{}, c.classify(fmt.Errorf("log in: %w", err))
	}
	switch token := r.header.Get("X-Auth-Token"); {
	case r.status == http.StatusOK && token != "" && len(token) <= 4096:
		return session{token: token, version: version}, nil
	case r.status == http.StatusBadRequest, r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return session{}, c.fail(localmon.ErrTokenRefused, r.problem())
	case r.status == http.StatusOK:
		return session{}, c.fail(ErrNoData, errors.New("log in: no session came back, so this may not be a "+c.dialect.Array))
	default:
		return session{}, c.classify(fmt.Errorf("log in: %w", r.problem()))
	}
}

func (c *Client) versions(ctx context.Context) ([]string, error) {
	r, err := c.call(ctx, http.MethodGet, "/api/api_version", nil, nil, maxSmall)
	if err != nil {
		return nil, c.classify(fmt.Errorf("ask for versions: %w", err))
	}
	if r.status != http.StatusOK {
		return nil, c.classify(fmt.Errorf("ask for versions: %w", r.problem()))
	}
	var reply map[string]json.RawMessage
	var list []string
	if err := decodeBounded(r.body, &reply); err != nil {
		return nil, c.classify(fmt.Errorf("ask for versions: %w", err))
	}
	if said := reply[c.dialect.Versions]; said != nil {
		if err := decodeBounded(said, &list); err != nil {
			return nil, c.classify(fmt.Errorf("ask for versions: %w", err))
		}
	}
	return list, nil
}

// Close gives the session back. An array keeps only so many.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	s := c.session
	c.session = session{}
	c.mu.Unlock()
	defer c.http.CloseIdleConnections()
	if s.token == "" {
		return nil
	}
	r, err := c.call(ctx, http.MethodPost, c.dialect.session(s.version, "logout"), nil, http.Header{"X-Auth-Token": {s.token}}, maxSmall)
	if err != nil {
		return fmt.Errorf("array %s: log out: %w", c.target, err)
	}
	if r.status != http.StatusOK && r.status != http.StatusUnauthorized {
		return fmt.Errorf("array %s: log out: %w", c.target, r.problem())
	}
	return nil
}

// get asks one row of the positive list, logging in again once when the
// session has ended.
func (v *Visit) get(ctx context.Context, ep *Row, query url.Values) (*reply, error) {
	if err := v.lost(); err != nil {
		return nil, err
	}
	s, err := v.enter(ctx, "")
	if err != nil {
		return nil, v.lose(err)
	}
	for try := 0; ; try++ {
		r, err := v.c.call(ctx, http.MethodGet, versioned(s.version, ep.Path), ep.query(query), http.Header{"X-Auth-Token": {s.token}}, v.allowance())
		if err != nil {
			return nil, v.lose(err)
		}
		v.spend(len(r.body))
		switch {
		case r.status == http.StatusUnauthorized && try == 0:
			if s, err = v.enter(ctx, s.token); err != nil {
				return nil, v.lose(err)
			}
		case r.status == http.StatusOK, r.status == http.StatusMultiStatus:
			return r, nil
		default:
			return nil, r.problem()
		}
	}
}

// lose remembers an error after which no other row can be read, so that a dead
// array costs one timeout and not fourteen.
func (v *Visit) lose(err error) error {
	var dial *net.OpError
	if cert := (*pinned.CertificateError)(nil); errors.As(err, &cert) {
		err = v.c.classify(err)
	}
	if ends(err) || errors.Is(err, localmon.ErrUnreachable) || errors.Is(err, ErrNoData) || errors.As(err, &dial) && dial.Op == "dial" {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.dead = err
	}
	return err
}

func (v *Visit) lost() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.dead
}

// Version is what was agreed at log-in.
func (v *Visit) Version() Version {
	v.c.mu.Lock()
	defer v.c.mu.Unlock()
	return v.c.session.version
}

// allowance is how much the next reply may hold.
func (v *Visit) allowance() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return min(maxPage, v.bytes)
}

func (v *Visit) spend(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.bytes -= int64(n)
}

// reply is one complete answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// problem is what the array says of a refused request.
func (r *reply) problem() *StatusError {
	e := &StatusError{Status: r.status}
	if r.status >= 300 && r.status < 400 {
		e.Message = "a redirect, which is not followed"
		return e
	}
	var body struct {
		Errors []struct {
			Message string `json:"message"`
			Context string `json:"context"`
		} `json:"errors"`
	}
	if decodeBounded(r.body, &body) == nil && len(body.Errors) > 0 {
		first := body.Errors[0]
		e.Message = Shorten(strings.TrimSpace(strings.TrimSpace(first.Context)+" "+first.Message), 300)
	}
	return e
}

// call sends one request and reads the whole answer, within the time of one
// call and the given size. path is one of the few made in this file.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, header http.Header, limit int64) (*reply, error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	short, cancel := context.WithTimeout(ctx, c.perCall)
	defer cancel()
	at := *c.base
	at.Path, at.RawQuery = path, query.Encode()
	req, err := http.NewRequestWithContext(short, method, at.String(), nil)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "darksite")
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.plain(ctx, short, err)
	}
	defer resp.Body.Close()
	if resp.TLS != nil && len(resp.TLS.PeerCertificates) > 0 {
		c.expires.Store(resp.TLS.PeerCertificates[0].NotAfter.Unix())
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, c.plain(ctx, short, err)
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", errReplyLimit, limit)
	}
	return &reply{status: resp.StatusCode, header: resp.Header, body: body}, nil
}

// plain says a transport error without the request around it, and a timeout in
// words a person understands.
func (c *Client) plain(ctx, short context.Context, err error) error {
	var asURL *url.Error
	if errors.As(err, &asURL) {
		err = asURL.Err
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("no complete reply before the look ended: %w", ctx.Err())
	case short.Err() != nil:
		return fmt.Errorf("no complete reply within %s: %w", c.perCall, short.Err())
	}
	return err
}

// spellVersions keeps the message short where an array offers dozens.
func spellVersions(offered []string) string {
	if len(offered) == 0 {
		return "nothing"
	}
	last := offered[max(0, len(offered)-3):]
	last = slices.Clone(last)
	for i := range last {
		last[i] = Shorten(last[i], 12)
	}
	return strings.Join(last, ", ")
}

// decodeBounded bounds the depth before it decodes. Fields it does not know
// are passed over: arrays grow new ones.
func decodeBounded(body []byte, into any) error {
	if err := checkDepth(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%w: %w", errReplyShape, err)
	}
	return nil
}
