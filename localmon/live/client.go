package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"darksite/localmon"
	"darksite/localmon/alert"
	"darksite/localmon/overview"
)

// MaxAnswer bounds an answer in one piece.
const MaxAnswer = 64 << 20

// ErrNotRunning says that nobody answers at the socket: no monitor runs, or a
// crash left the socket behind.
var ErrNotRunning = errors.New("no monitor is running")

// Client asks a monitor. It is safe for use by many goroutines.
type Client struct {
	path string
	http *http.Client
}

// Dial returns a client when a monitor answers at the socket.
func Dial(ctx context.Context, path string) (*Client, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("socket %s: %w", path, ErrNotRunning) // Listen could not have made it
	}
	var d net.Dialer
	c := &Client{path: path, http: &http.Client{Transport: &http.Transport{
		DialContext:           func(ctx context.Context, _, _ string) (net.Conn, error) { return d.DialContext(ctx, "unix", path) },
		MaxIdleConns:          4,
		IdleConnTimeout:       30 * time.Second,
		ResponseHeaderTimeout: time.Minute,
	}}}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if _, err := c.Monitor(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func (c *Client) send(ctx context.Context, method, path string, q url.Values, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://monitor"+path+"?"+q.Encode(), body)
	if err != nil {
		return nil, fmt.Errorf("ask the monitor: %w", err)
	}
	resp, err := c.http.Do(req)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("socket %s: %w", c.path, ErrNotRunning)
	case err != nil:
		return nil, fmt.Errorf("ask the monitor: %w", err)
	case resp.StatusCode != http.StatusOK:
		defer resp.Body.Close()
		return nil, refusal(resp)
	}
	return resp, nil
}

func refusal(resp *http.Response) error {
	var f failure
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil || json.Unmarshal(data, &f) != nil || f.Error == "" {
		return fmt.Errorf("ask the monitor: it answered %s", resp.Status)
	}
	if f.Kind == kindNoAlert {
		return fmt.Errorf("ask the monitor: %w", alert.ErrNoAlert)
	}
	return fmt.Errorf("ask the monitor: %s", f.Error)
}

// ask decodes an answer in one piece.
func ask[T any](ctx context.Context, c *Client, method, path string, q url.Values, body io.Reader) (T, error) {
	var out T
	resp, err := c.send(ctx, method, path, q, body)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, MaxAnswer+1))
	if err != nil {
		return out, fmt.Errorf("read the monitor's answer: %w", err)
	}
	if len(data) > MaxAnswer {
		return out, fmt.Errorf("the monitor's answer has more than %d bytes: ask about one target or metric", MaxAnswer)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return out, fmt.Errorf("read the monitor's answer: %w", err)
	}
	return out, nil
}

// Monitor is what the monitor says of itself.
func (c *Client) Monitor(ctx context.Context) (overview.Monitor, error) {
	return ask[overview.Monitor](ctx, c, http.MethodGet, "/v1/monitor", nil, nil)
}

// Alerts returns the living alerts.
func (c *Client) Alerts(ctx context.Context) ([]localmon.Alert, error) {
	return ask[[]localmon.Alert](ctx, c, http.MethodGet, "/v1/alerts", nil, nil)
}

// Alert returns one alert, living or not, with its changes.
func (c *Client) Alert(ctx context.Context, id uint64) (localmon.Alert, []localmon.Change, error) {
	o, err := ask[one](ctx, c, http.MethodGet, "/v1/alerts/"+strconv.FormatUint(id, 10), nil, nil)
	return o.Alert, o.Changes, err
}

// Ack notes who has an alert in hand.
func (c *Client) Ack(ctx context.Context, id uint64, by, note string) (localmon.Alert, error) {
	body, err := json.Marshal(ackRequest{By: by, Note: note})
	if err != nil {
		return localmon.Alert{}, fmt.Errorf("acknowledge alert %d: %w", id, err)
	}
	return ask[localmon.Alert](ctx, c, http.MethodPost, "/v1/alerts/"+strconv.FormatUint(id, 10)+"/ack", nil, bytes.NewReader(body))
}

func query(sel localmon.Selector) url.Values {
	q := url.Values{"target": {sel.Target}, "metric": {sel.Metric}}
	for _, l := range sel.Labels {
		q.Add("label", l.Name+"="+l.Value)
	}
	return q
}

// Series implements localmon.Reader.
func (c *Client) Series(ctx context.Context, sel localmon.Selector) ([]localmon.Series, error) {
	return ask[[]localmon.Series](ctx, c, http.MethodGet, "/v1/series", query(sel), nil)
}

// Latest returns the newest sample of each series that the selector picks.
func (c *Client) Latest(ctx context.Context, sel localmon.Selector) ([]Latest, error) {
	lines, err := ask[[]latestLine](ctx, c, http.MethodGet, "/v1/latest", query(sel), nil)
	if err != nil {
		return nil, err
	}
	out := make([]Latest, 0, len(lines))
	for _, l := range lines {
		v, err := parseNumber(l.Value)
		if err != nil {
			return nil, fmt.Errorf("read the monitor's answer: value %q", l.Value)
		}
		out = append(out, Latest{Key: l.Key, Point: localmon.Point{At: l.At, Value: v}, Present: l.Present})
	}
	return out, nil
}

// Stats reads the figures of the history into what the server encoded them from.
func (c *Client) Stats(ctx context.Context, into any) error {
	data, err := ask[json.RawMessage](ctx, c, http.MethodGet, "/v1/stats", nil, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read the monitor's answer: %w", err)
	}
	return nil
}

// Range implements localmon.Reader. A stream that ends before its last line is
// an error.
func (c *Client) Range(ctx context.Context, key localmon.SeriesKey, w localmon.Window) iter.Seq2[localmon.Point, error] {
	q := url.Values{"target": {key.Target}, "metric": {key.Metric}, "labels": {key.Labels}}
	return c.points(ctx, "/v1/range", q, w)
}

// Across implements localmon.Crosser. A stream that ends before its last line is
// an error.
func (c *Client) Across(ctx context.Context, sel localmon.Selector, w localmon.Window, how localmon.Agg) iter.Seq2[localmon.Point, error] {
	q := query(sel)
	q.Set("how", string(how))
	return c.points(ctx, "/v1/across", q, w)
}

// points reads the points of a window.
func (c *Client) points(ctx context.Context, path string, q url.Values, w localmon.Window) iter.Seq2[localmon.Point, error] {
	q.Set("agg", string(w.Agg))
	q.Set("step", w.Step.String())
	q.Set("from", w.From.Format(time.RFC3339Nano))
	q.Set("to", w.To.Format(time.RFC3339Nano))
	return func(yield func(localmon.Point, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel() // a caller that stops early ends the request
		resp, err := c.send(ctx, http.MethodGet, path, q, nil)
		if err != nil {
			yield(localmon.Point{}, err)
			return
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		n := 0
		for lines.Scan() {
			p, end, err := parseLine(lines.Bytes(), n)
			if end && err == nil {
				return
			}
			if !yield(p, err) || err != nil {
				return
			}
			n++
		}
		yield(localmon.Point{}, fmt.Errorf("the monitor's answer was cut after %d points: %w", n, errors.Join(lines.Err(), io.ErrUnexpectedEOF)))
	}
}

// parseLine reads one line of a range, of which n points came before.
func parseLine(line []byte, n int) (p localmon.Point, end bool, err error) {
	if bytes.HasPrefix(line, []byte("[")) {
		nanos, value, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(string(line), "["), "]"), ",")
		t, errT := strconv.ParseInt(nanos, 10, 64)
		text, errQ := strconv.Unquote(value)
		v, errV := parseNumber(text)
		if !ok || errT != nil || errQ != nil || errV != nil {
			return p, false, fmt.Errorf("read the monitor's answer: line %q", line)
		}
		return localmon.Point{At: time.Unix(0, t).UTC(), Value: v}, false, nil
	}
	var last struct {
		End   *int   `json:"end"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(line, &last); err != nil {
		return p, false, fmt.Errorf("read the monitor's answer: line %q", line)
	}
	switch {
	case last.Error != "":
		return p, true, fmt.Errorf("ask the monitor: %s", last.Error)
	case last.End == nil || *last.End != n:
		return p, true, fmt.Errorf("read the monitor's answer: %d points came, the end says otherwise", n)
	}
	return p, true, nil
}

// CopyHistory writes a consistent copy of the history file to w.
func (c *Client) CopyHistory(ctx context.Context, w io.Writer) (int64, error) {
	return c.copy(ctx, "/v1/copy/history", w)
}

// CopySite writes a consistent copy of the site file to w.
func (c *Client) CopySite(ctx context.Context, w io.Writer) (int64, error) {
	return c.copy(ctx, "/v1/copy/site", w)
}

func (c *Client) copy(ctx context.Context, path string, w io.Writer) (int64, error) {
	resp, err := c.send(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(w, resp.Body)
	if err != nil {
		return n, fmt.Errorf("copy from the monitor: %w", err)
	}
	return n, nil
}
