package arrayact

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"darksite/localmon"
	"darksite/localmon/source/pinned"
)

// Bounds of one act.
const (
	defaultTimeout = 15 * time.Second
	maxReply       = 1 << 20
	newestMinor    = 56 // the newest the calls were held against
)

// Options say which array and how.
type Options struct {
	Target  string        // the site's name for the array
	Kind    localmon.Kind // FlashArray when empty
	URL     string        // https://host or https://host:port
	Token   string        // API token of a user who may do these things
	Pin     string        // sha256:hex of the array's certificate
	Timeout time.Duration // of one act, log-in and log-out included; 15 seconds when zero
}

// Client acts on one array.
type Client struct {
	o    Options
	base *url.URL
	http *http.Client
}

// New checks the options. It opens no connection.
func New(o Options) (*Client, error) {
	base, err := pinned.ParseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", o.Target, err)
	}
	pin, err := pinned.Parse(o.Pin)
	if err != nil {
		return nil, fmt.Errorf("array %s: %w", o.Target, err)
	}
	if o.Token == "" || strings.ContainsAny(o.Token, "\r\n\x00") {
		return nil, fmt.Errorf("array %s: the API token is empty or spans lines", o.Target)
	}
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	transport := pinned.Transport(pinned.HostPort(base), pin, 1)
	return &Client{o: o, base: base, http: &http.Client{Transport: gate{base.Host, transport}, CheckRedirect: pinned.NoRedirect}}, nil
}

// Locate lights the locate LED of a part, or puts it out.
func (c *Client) Locate(ctx context.Context, part string, on bool) error {
	return c.act(ctx, http.MethodPatch, "hardware", url.Values{"names": {part}}, fmt.Sprintf(`{"identify_enabled":%t}`, on))
}

// Flag marks an alert, by the number people see, as being worked on.
func (c *Client) Flag(ctx context.Context, alert string) error {
	return c.act(ctx, http.MethodPatch, "alerts", url.Values{"names": {alert}}, `{"flagged":true}`)
}

// window is the one name a maintenance window has, on each kind.
func (c *Client) window() string {
	if c.o.Kind == localmon.KindFlashBlade {
		return "array"
	}
	return "environment"
}

// Mute keeps the array's alerts from its watchers for a time from a minute to a
// day. It ends by itself.
func (c *Client) Mute(ctx context.Context, d time.Duration) error {
	if d < time.Minute || d > 24*time.Hour {
		return fmt.Errorf("array %s: mute for %s: want a minute to a day", c.o.Target, d)
	}
	return c.act(ctx, http.MethodPost, "maintenance-windows", url.Values{"names": {c.window()}}, fmt.Sprintf(`{"timeout":%d}`, d.Milliseconds()))
}

// Unmute ends the maintenance window.
func (c *Client) Unmute(ctx context.Context) error {
	return c.act(ctx, http.MethodDelete, "maintenance-windows", url.Values{"names": {c.window()}}, "")
}

// Tests the array can be asked to make, by the name of [Client.Test].
var tests = map[string]struct{ path, name string }{
	"ntp":       {"arrays/ntp-test", ""},
	"syslog":    {"syslog-servers/test", ""},
	"snmp":      {"snmp-managers/test", ""},
	"mail":      {"alert-watchers/test", ""},
	"directory": {"directory-services/test", "management"},
	"kmip":      {"kmip/test", "kmip"},
}

// Test has the array test one of its services: ntp, syslog, snmp, mail, directory
// or kmip. The error names what did not succeed.
func (c *Client) Test(ctx context.Context, what string) error {
	t, ok := tests[what]
	if !ok {
		return fmt.Errorf("array %s: there is no test of %q", c.o.Target, what)
	}
	query := url.Values{}
	if t.name != "" {
		query.Set("names", t.name)
	}
	return c.act(ctx, http.MethodGet, t.path, query, "")
}

// act opens a session, does one thing and ends the session.
func (c *Client) act(ctx context.Context, method, path string, query url.Values, body string) error {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	defer c.http.CloseIdleConnections()
	below, err := c.below(ctx)
	if err != nil {
		return fmt.Errorf("array %s: %w", c.o.Target, err)
	}
	enter := below
	if c.o.Kind == localmon.KindFlashBlade { // log-in has no version there
		enter = "/api/"
	}
	in, _, err := c.call(ctx, http.MethodPost, enter+"login", nil, http.Header{"Api-Token": {c.o.Token}}, "")
	if err != nil {
		return fmt.Errorf("array %s: log in: %w", c.o.Target, err)
	}
	session := http.Header{"X-Auth-Token": {in.Get("X-Auth-Token")}}
	_, reply, err := c.call(ctx, method, below+path, query, session, body)
	if err == nil && method == http.MethodGet {
		err = failedTests(reply)
	}
	if _, _, out := c.call(ctx, http.MethodPost, enter+"logout", nil, session, ""); out != nil && err == nil {
		err = fmt.Errorf("log out: %w", out)
	}
	if err != nil {
		return fmt.Errorf("array %s: %s %s: %w", c.o.Target, method, path, err)
	}
	return nil
}

// below is the path under which the newest version both sides know has its calls.
func (c *Client) below(ctx context.Context) (string, error) {
	_, body, err := c.call(ctx, http.MethodGet, "/api/api_version", nil, nil, "")
	if err != nil {
		return "", fmt.Errorf("ask for versions: %w", err)
	}
	var offered struct {
		Version, Versions []string
	}
	if err := json.Unmarshal(body, &offered); err != nil {
		return "", fmt.Errorf("ask for versions: %w", err)
	}
	best := -1
	for _, v := range append(offered.Version, offered.Versions...) {
		minor, ok := strings.CutPrefix(v, "2.")
		if n, err := strconv.Atoi(minor); ok && err == nil && n >= 0 && n <= newestMinor {
			best = max(best, n)
		}
	}
	if best < 0 {
		return "", errors.New("ask for versions: the array offers no REST 2")
	}
	return fmt.Sprintf("/api/2.%d/", best), nil
}

func (c *Client) call(ctx context.Context, method, path string, query url.Values, header http.Header, body string) (http.Header, []byte, error) {
	at := *c.base
	at.Path, at.RawQuery = path, query.Encode()
	req, err := http.NewRequestWithContext(ctx, method, at.String(), strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "darksite")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var asURL *url.Error
		if errors.As(err, &asURL) {
			err = asURL.Err
		}
		return nil, nil, err
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read the reply: %w", err)
	}
	if len(reply) > maxReply {
		return nil, nil, fmt.Errorf("read the reply: more than %d bytes", maxReply)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("the array answers %d%s", resp.StatusCode, problem(reply))
	}
	return resp.Header, reply, nil
}

// problem is what the array says of a refused call, shortened.
func problem(reply []byte) string {
	var said struct {
		Errors []struct{ Message string }
	}
	if json.Unmarshal(reply, &said) != nil || len(said.Errors) == 0 {
		return ""
	}
	text := []rune(said.Errors[0].Message)
	return ": " + string(text[:min(len(text), 200)])
}

// failedTests names what a test of the array did not find well.
func failedTests(reply []byte) error {
	var results struct {
		Items []struct {
			Component string `json:"component_name"`
			Success   *bool  `json:"success"`
			Details   string `json:"result_details"`
		}
	}
	if err := json.Unmarshal(reply, &results); err != nil {
		return fmt.Errorf("read the results: %w", err)
	}
	if len(results.Items) == 0 {
		return errors.New("the array tells no result")
	}
	for _, r := range results.Items {
		if r.Success == nil || !*r.Success {
			text := []rune(strings.TrimSpace(r.Component + " " + r.Details))
			return fmt.Errorf("the test did not succeed: %s", string(text[:min(len(text), 200)]))
		}
	}
	return nil
}
