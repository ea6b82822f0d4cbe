// Package host looks at the Linux machine the kit runs on, through /proc, /sys
// and statfs, and brings back a [localmon.Batch]. It needs no privilege and
// changes nothing.
//
//	src, err := host.New(host.Options{Target: "this-host"})
//	batch, err := src.Collect(ctx, now)
//
// Collect belongs to one goroutine.
//
// # What comes back
//
// Where a value means the same as in node_exporter it has that name, so that
// existing dashboards fit: node_cpu_seconds_total{cpu,mode}, node_load1,
// node_memory_MemAvailable_bytes, node_disk_read_bytes_total{device},
// node_filesystem_avail_bytes{device,fstype,mountpoint},
// node_network_receive_errs_total{device}, node_pressure_io_waiting_seconds_total,
// node_hwmon_temp_celsius{chip,sensor}, node_edac_uncorrectable_errors_total,
// node_md_disks{device,state} and their relatives. Values of our own are
// localmon_host_uptime_seconds and localmon_host_cpu_utilisation_ratio, the
// share of all processors' time not spent idle or waiting for disks since the
// look before; it is absent from the first look.
//
// States, each complete for its type:
//
//	filesystem         ok, filling (85 % of the space or inodes), full (95 %), read-only
//	network_interface  the kernel's operstate, or disabled when taken down on purpose
//	md_array           active, degraded, recovering, inactive
//	temperature        ok, high, critical, by the sensor's own limits
//	memory_controller  ok, uncorrectable errors
//
// # What is left out, and why
//
//   - File systems that live on the network are not asked, because one dead
//     server would hold the look. Pseudo file systems hold nothing. Of several
//     mounts of one device the shortest mount point stands for all.
//   - Interfaces without hardware (loopback, bridges, tunnels) give samples but
//     no state: down is normal for them.
//   - Partitions, loop and RAM devices give no disk samples.
//   - The machine's serial numbers and machine-id are not read.
//
// # Missing files
//
// What every Linux has (stat, meminfo, loadavg, uptime, mounts, net/dev,
// diskstats) is listed in Batch.Partial when it cannot be read. What depends on
// hardware or kernel (pressure, hwmon, edac, mdstat, dmi) is left out silently
// when it is not there, and listed when it is there and cannot be read. When
// nothing at all could be read Collect fails.
//
// # Promises
//
// Files are read up to a limit and parsed leniently: a line that is not as
// expected is passed over, a file without a single good line is an error.
// Options.Root leads all reading into a folder of the same shape, such as a
// recorded tree or the host's root mounted into a container.
package host
