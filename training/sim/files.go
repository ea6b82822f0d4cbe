package sim

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// fileSystem is a file system of the array.
type fileSystem struct{ name, id string }

// directory is the fixed part of a managed directory.
type directory struct {
	name, path, id string // name below the file system
	fileSystem     int
	created        time.Time
	key            uint64
	unique         int64
	busy           bool
}

// Directory is one managed directory.
type Directory struct {
	Name, ID, Path           string // the name holds that of the file system
	FileSystem, FileSystemID string
	Created                  time.Time
	Unique, Virtual          int64
}

// FileSystem is one file system.
type FileSystem struct {
	Name, ID string
	Created  time.Time
}

var (
	fileSystemNames = []string{"homes", "projects", "media", "scratch", "backup-nfs", "profiles", "builds", "reports", "exchange", "labs", "scans", "archive"}
	directoryNames  = []string{"data1", "users", "team", "exports", "smb1", "nfs1", "logs", "shared"}
)

// buildFiles makes file systems with their roots, and directories below. A few
// are in use. Their work is beside that of the volumes, which alone make up
// the numbers of the array.
func (inv *inventory) buildFiles(k uint64, d dimensions, start time.Time) {
	for i := range d.fileSystems {
		name := numbered(fileSystemNames, i)
		inv.fileSystems = append(inv.fileSystems, fileSystem{name, uuidOf(key(k, "file system "+name))})
	}
	for i := range d.directories {
		fs := i % d.fileSystems
		name, path := "root", "/"
		if n := i/d.fileSystems - 1; n >= 0 {
			name = numbered(directoryNames, n)
			path = "/" + name
		}
		dk := key(k, fmt.Sprint("directory ", fs, name))
		inv.directories = append(inv.directories, directory{
			name: name, path: path, id: uuidOf(dk), fileSystem: fs, key: dk,
			created: start.Add(-time.Duration(between(dk+1, 30, 700) * 24 * float64(time.Hour))).Truncate(time.Second),
			unique:  int64(math.Pow(between(dk+2, 1, 40), 7)),
			busy:    i == d.fileSystems, // the first below a root
		})
	}
}

// FileSystems lists the file systems.
func (v View) FileSystems() []FileSystem {
	var all []FileSystem
	for i, f := range v.inv.fileSystems {
		all = append(all, FileSystem{f.name, f.id, v.inv.directories[i].created})
	}
	return all
}

// Directories lists the managed directories.
func (v View) Directories() []Directory {
	g := v.organic()
	var all []Directory
	for _, d := range v.inv.directories {
		f := v.inv.fileSystems[d.fileSystem]
		unique := int64(float64(d.unique) * g)
		all = append(all, Directory{
			Name: f.name + ":" + d.name, ID: d.id, Path: d.path, FileSystem: f.name, FileSystemID: f.id,
			Created: d.created, Unique: unique, Virtual: int64(float64(unique) * between(d.key+3, 1.1, 4)),
		})
	}
	return all
}

// Directory is the work of directory i of the view's list.
func (w *Window) Directory(i int) Performance {
	d := &w.view.inv.directories[i]
	if !d.busy || w.samples[len(w.samples)-1].idle {
		return Performance{}
	}
	at := w.view.at
	ops := 140 * daily(at) * (0.5 + ripple(d.key, at))
	p := Performance{
		Reads: int64(ops * 0.5), Writes: int64(ops * 0.2), Others: int64(ops * 0.3),
		ReadUsec: 310 + int64(90*smooth(d.key+4, at, time.Minute)), WriteUsec: 420 + int64(110*smooth(d.key+5, at, time.Minute)),
		OtherUsec: 150,
	}
	p.ReadBytes, p.WriteBytes = p.Reads*32_768, p.Writes*24_576
	p.tidy()
	return p
}

// DirectoryName is the name of a directory within its file system.
func (d Directory) DirectoryName() string {
	_, name, _ := strings.Cut(d.Name, ":")
	return name
}
