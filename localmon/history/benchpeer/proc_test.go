package benchpeer

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime is the processor time, user and system, of the process or the thread,
// exact at every moment and not only at the kernel's ticks.
func cpuTime(clock int32) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		panic(err)
	}
	return time.Duration(t.Nano())
}

const (
	ofProcess = unix.CLOCK_PROCESS_CPUTIME_ID
	ofThread  = unix.CLOCK_THREAD_CPUTIME_ID
)

// apart runs fn and adds to took what it took of the processor, whatever other
// goroutines do meanwhile.
func apart(took *time.Duration, fn func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := cpuTime(ofThread)
	fn()
	*took += cpuTime(ofThread) - before
}

// memory reads a line of a process's status, such as VmHWM, in bytes.
func memory(pid, line string) (int64, error) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	for l := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("the status of process %s has no %s", pid, line)
}

// watch polls the anonymous memory of a process until the returned function is
// called, which returns the peak.
func watch(pid int) (stop func() int64) {
	var (
		peak int64
		wg   sync.WaitGroup
	)
	done := make(chan struct{})
	wg.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			if n, err := memory(strconv.Itoa(pid), "RssAnon"); err == nil {
				peak = max(peak, n)
			}
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return func() int64 {
		close(done)
		wg.Wait()
		return peak
	}
}
