//go:build amd64 || arm64

package faultdisk

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Disk judges the calls about the files below one folder.
type Disk struct {
	dir      string
	listener int

	mu    sync.Mutex
	judge func(Op) Fault
	n     int
	half  *Op // a write of which the second half is to fail, with
	err   syscall.Errno
	files map[uint64]*file // by inode
}

// file is what is known of one file on the disk.
type file struct {
	durable []byte
	dirty   []span
}

// span is a piece of a file that was written since the last sync.
type span struct {
	offset int64
	before []byte // what was there
	length int64
}

// Start judges this process's calls about files below dir from now on, for
// ever.
func Start(dir string) (*Disk, error) {
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("start a failing disk: %w", err)
	}
	listener, err := install()
	if err != nil {
		return nil, fmt.Errorf("start a failing disk: %w: %w", ErrUnsupported, err)
	}
	d := &Disk{dir: dir, listener: listener, files: map[uint64]*file{}}
	go d.listen()
	return d, nil
}

// Judge begins a run: calls are counted anew and put to fn, which must not
// write itself; nil lets all of them happen.
func (d *Disk) Judge(fn func(Op) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.judge, d.n, d.half = fn, 0, nil
}

// Calls is how many calls came since Judge.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.n
}

// Image is what a power cut would leave of the file now. Keep chooses by
// number which of the writes that no sync confirmed got to the disk all the
// same; nil means none. Do not call it from a judge: use ImageInJudge there.
func (d *Disk) Image(path string, keep func(i int) bool) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ImageInJudge(path, keep)
}

// ImageInJudge is Image for the judge.
func (d *Disk) ImageInJudge(path string, keep func(i int) bool) ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return nil, fmt.Errorf("image of %s: %w", path, err)
	}
	now, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("image of %s: %w", path, err)
	}
	f := d.files[st.Ino]
	if f == nil {
		return now, nil
	}
	image := bytes.Clone(f.durable)
	for i, s := range f.dirty {
		if keep != nil && keep(i) {
			image = patch(image, now, s)
		}
	}
	return image, nil
}

// patch copies a span from now to image, which grows where it must.
func patch(image, now []byte, s span) []byte {
	end := min(s.offset+s.length, int64(len(now)))
	if end <= s.offset {
		return image
	}
	if grow := end - int64(len(image)); grow > 0 {
		image = append(image, make([]byte, grow)...)
	}
	copy(image[s.offset:end], now[s.offset:end])
	return image
}

var calls = []uint32{unix.SYS_PWRITE64, unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_FTRUNCATE}

// install puts every thread of the process under the filter.
func install() (listener int, err error) {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
		allow  = 0x7fff0000
	)
	arch := map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}[runtime.GOARCH]
	filter := []unix.SockFilter{
		{Code: load, K: 4}, // architecture
		{Code: equal, Jt: 1, K: arch},
		{Code: answer, K: allow},
		{Code: load, K: 0}, // number of the call
	}
	for _, nr := range calls {
		filter = append(filter, unix.SockFilter{Code: equal, Jf: 1, K: nr}, unix.SockFilter{Code: answer, K: unix.SECCOMP_RET_USER_NOTIF})
	}
	filter = append(filter, unix.SockFilter{Code: answer, K: allow})
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_TSYNC|unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
		uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return 0, errno
	}
	return int(fd), nil
}

// notice and reply are the kernel's seccomp_notif and seccomp_notif_resp.
type notice struct {
	id    uint64
	pid   uint32
	flags uint32
	nr    int32
	arch  uint32
	ip    uint64
	args  [6]uint64
}

type reply struct {
	id    uint64
	val   int64
	err   int32
	flags uint32
}

// listen answers until the process ends. It must make none of the judged calls.
func (d *Disk) listen() {
	runtime.LockOSThread()
	for {
		var n notice
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(d.listener), unix.SECCOMP_IOCTL_NOTIF_RECV, uintptr(unsafe.Pointer(&n))); errno != 0 {
			continue // a signal came, or the caller is gone
		}
		r := reply{id: n.id}
		d.mu.Lock()
		d.answer(&n, &r)
		d.mu.Unlock()
		_, _, _ = unix.Syscall(unix.SYS_IOCTL, uintptr(d.listener), unix.SECCOMP_IOCTL_NOTIF_SEND, uintptr(unsafe.Pointer(&r)))
	}
}

func (d *Disk) answer(n *notice, r *reply) {
	r.flags = unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE
	fd := int(n.args[0])
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	var st unix.Stat_t
	if err != nil || !strings.HasPrefix(path, d.dir) || unix.Fstat(fd, &st) != nil {
		return
	}
	op := Op{Kind: Write, Path: path, Offset: int64(n.args[3]), Len: int64(n.args[2])}
	switch uint32(n.nr) {
	case unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		op = Op{Kind: Sync, Path: path}
	case unix.SYS_FTRUNCATE:
		op = Op{Kind: Grow, Path: path, Len: int64(n.args[1])}
	}
	f := d.file(st.Ino, path)
	fault := d.put(&op)
	switch op.Kind {
	case Write:
		if fault.Err != 0 && !fault.Half {
			fail(r, fault.Err)
			return
		}
		length := op.Len
		if fault.Half {
			length /= 2
		}
		before := make([]byte, length)
		_, _ = unix.Pread(fd, before, op.Offset) // what is past the end was zero
		f.dirty = append(f.dirty, span{op.Offset, before, length})
		if fault.Half {
			d.writeHalf(fd, uintptr(n.args[1]), length, &op, fault, r)
		}
	case Sync:
		if fault.Err != 0 {
			if fault.Lost {
				f.lose(fd)
			}
			f.dirty = nil
			fail(r, fault.Err)
			return
		}
		if now, err := os.ReadFile(path); err == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
			f.keep(now)
		}
		r.flags = 0 // done, as far as the caller is told
	case Grow:
		if fault.Err != 0 {
			fail(r, fault.Err)
		}
	}
}

func fail(r *reply, errno syscall.Errno) { r.flags, r.err = 0, -int32(errno) }

// file finds what is known of a file; what it held before is on the disk.
func (d *Disk) file(inode uint64, path string) *file {
	f := d.files[inode]
	if f == nil {
		f = new(file)
		f.durable, _ = os.ReadFile(path) // a folder has no content
		d.files[inode] = f
	}
	return f
}

// put has the judge decide on a call.
func (d *Disk) put(op *Op) Fault {
	if h := d.half; h != nil && op.Kind == Write && op.Path == h.Path && op.Offset == h.Offset {
		d.half = nil
		return Fault{Err: d.err}
	}
	d.n++
	op.N = d.n
	if d.judge == nil {
		return Fault{}
	}
	return d.judge(*op)
}

// writeHalf does the first half of a write and has the caller's next attempt,
// with the rest, fail.
func (d *Disk) writeHalf(fd int, from uintptr, length int64, op *Op, fault Fault, r *reply) {
	part := struct{ base, length uintptr }{from, uintptr(length)}
	n, _, errno := unix.Syscall6(unix.SYS_PWRITEV, uintptr(fd), uintptr(unsafe.Pointer(&part)), 1, uintptr(op.Offset), 0, 0)
	if errno != 0 {
		fail(r, errno)
		return
	}
	d.half, d.err = &Op{Path: op.Path, Offset: op.Offset + int64(n)}, fault.Err
	r.flags, r.val = 0, int64(n)
}

// keep has the written spans on the disk.
func (f *file) keep(now []byte) {
	for _, s := range f.dirty {
		f.durable = patch(f.durable, now, s)
	}
	f.dirty = nil
	switch n := len(now); {
	case n < len(f.durable):
		f.durable = f.durable[:n]
	default:
		f.durable = append(f.durable, make([]byte, n-len(f.durable))...)
	}
}

// lose puts back what was there before the spans, the newest first.
func (f *file) lose(fd int) {
	for i := len(f.dirty) - 1; i >= 0; i-- {
		s := f.dirty[i]
		part := []unix.Iovec{{Base: unsafe.SliceData(s.before)}}
		part[0].SetLen(len(s.before))
		_, _, _ = unix.Syscall6(unix.SYS_PWRITEV, uintptr(fd), uintptr(unsafe.Pointer(&part[0])), 1, uintptr(s.offset), 0, 0)
	}
}
