package arrayapi

import (
	"time"

	"darksite/training/sim"
)

// bladePerformance is the part of the work lists that most of them have. Rates
// are counts over half a minute and therefore no whole numbers.
type bladePerformance struct {
	Writes        float64 `json:"writes_per_sec"`
	Reads         float64 `json:"reads_per_sec"`
	Others        float64 `json:"others_per_sec"`
	WriteUsec     float64 `json:"usec_per_write_op"`
	ReadUsec      float64 `json:"usec_per_read_op"`
	OtherUsec     float64 `json:"usec_per_other_op"`
	ReadBytes     float64 `json:"read_bytes_per_sec"`
	WriteBytes    float64 `json:"write_bytes_per_sec"`
	Time          int64   `json:"time"`
	BytesPerRead  float64 `json:"bytes_per_read"`
	BytesPerWrite float64 `json:"bytes_per_write"`
	BytesPerOp    float64 `json:"bytes_per_op"`
}

func (c *call) bladePerformance(w sim.BladeWork, at time.Time) bladePerformance {
	return bladePerformance{
		Writes: w.Writes.PerSecond(), Reads: w.Reads.PerSecond(), Others: w.Others.PerSecond(),
		WriteUsec: w.Writes.UsecPerOp(), ReadUsec: w.Reads.UsecPerOp(), OtherUsec: w.Others.UsecPerOp(),
		ReadBytes: sim.PerSecond(w.ReadBytes), WriteBytes: sim.PerSecond(w.WriteBytes), Time: c.ms(at),
		BytesPerRead: w.BytesPerRead(), BytesPerWrite: w.BytesPerWrite(), BytesPerOp: w.BytesPerOp(),
	}
}

type bladeObjectPerformance struct {
	Name *string `json:"name"`
	bladePerformance
	ID *string `json:"id"`
}

type clientPerformance struct {
	Name *string `json:"name"`
	bladePerformance
}

type nfsPerformance struct {
	Accesses             float64 `json:"accesses_per_sec"`
	Creates              float64 `json:"creates_per_sec"`
	FSInfos              float64 `json:"fsinfos_per_sec"`
	FSStats              float64 `json:"fsstats_per_sec"`
	Getattrs             float64 `json:"getattrs_per_sec"`
	Links                float64 `json:"links_per_sec"`
	Lookups              float64 `json:"lookups_per_sec"`
	Mkdirs               float64 `json:"mkdirs_per_sec"`
	Pathconfs            float64 `json:"pathconfs_per_sec"`
	Reads                float64 `json:"reads_per_sec"`
	Readdirs             float64 `json:"readdirs_per_sec"`
	Readdirpluses        float64 `json:"readdirpluses_per_sec"`
	Readlinks            float64 `json:"readlinks_per_sec"`
	Removes              float64 `json:"removes_per_sec"`
	Renames              float64 `json:"renames_per_sec"`
	Rmdirs               float64 `json:"rmdirs_per_sec"`
	Setattrs             float64 `json:"setattrs_per_sec"`
	Symlinks             float64 `json:"symlinks_per_sec"`
	Writes               float64 `json:"writes_per_sec"`
	AccessesUsec         float64 `json:"usec_per_access_op"`
	CreatesUsec          float64 `json:"usec_per_create_op"`
	FSInfosUsec          float64 `json:"usec_per_fsinfo_op"`
	FSStatsUsec          float64 `json:"usec_per_fsstat_op"`
	GetattrsUsec         float64 `json:"usec_per_getattr_op"`
	LinksUsec            float64 `json:"usec_per_link_op"`
	LookupsUsec          float64 `json:"usec_per_lookup_op"`
	MkdirsUsec           float64 `json:"usec_per_mkdir_op"`
	PathconfsUsec        float64 `json:"usec_per_pathconf_op"`
	ReadsUsec            float64 `json:"usec_per_read_op"`
	ReaddirsUsec         float64 `json:"usec_per_readdir_op"`
	ReaddirplusesUsec    float64 `json:"usec_per_readdirplus_op"`
	ReadlinksUsec        float64 `json:"usec_per_readlink_op"`
	RemovesUsec          float64 `json:"usec_per_remove_op"`
	RenamesUsec          float64 `json:"usec_per_rename_op"`
	RmdirsUsec           float64 `json:"usec_per_rmdir_op"`
	SetattrsUsec         float64 `json:"usec_per_setattr_op"`
	SymlinksUsec         float64 `json:"usec_per_symlink_op"`
	WritesUsec           float64 `json:"usec_per_write_op"`
	MetadataCreates      float64 `json:"aggregate_file_metadata_creates_per_sec"`
	MetadataModifies     float64 `json:"aggregate_file_metadata_modifies_per_sec"`
	MetadataReads        float64 `json:"aggregate_file_metadata_reads_per_sec"`
	Other                float64 `json:"aggregate_other_per_sec"`
	ShareReads           float64 `json:"aggregate_share_metadata_reads_per_sec"`
	MetadataCreatesUsec  float64 `json:"aggregate_usec_per_file_metadata_create_op"`
	MetadataModifiesUsec float64 `json:"aggregate_usec_per_file_metadata_modify_op"`
	MetadataReadsUsec    float64 `json:"aggregate_usec_per_file_metadata_read_op"`
	OtherUsec            float64 `json:"aggregate_usec_per_other_op"`
	ShareReadsUsec       float64 `json:"aggregate_usec_per_share_metadata_read_op"`
}

type nfsItem struct {
	Name *string `json:"name"`
	nfsPerformance
	Time int64   `json:"time"`
	ID   *string `json:"id"`
}

func nfsRates(n sim.NFSWork) nfsPerformance {
	return nfsPerformance{
		Accesses: n.Accesses.PerSecond(), AccessesUsec: n.Accesses.UsecPerOp(),
		Creates: n.Creates.PerSecond(), CreatesUsec: n.Creates.UsecPerOp(),
		FSInfos: n.FSInfos.PerSecond(), FSInfosUsec: n.FSInfos.UsecPerOp(),
		FSStats: n.FSStats.PerSecond(), FSStatsUsec: n.FSStats.UsecPerOp(),
		Getattrs: n.Getattrs.PerSecond(), GetattrsUsec: n.Getattrs.UsecPerOp(),
		Links: n.Links.PerSecond(), LinksUsec: n.Links.UsecPerOp(),
		Lookups: n.Lookups.PerSecond(), LookupsUsec: n.Lookups.UsecPerOp(),
		Mkdirs: n.Mkdirs.PerSecond(), MkdirsUsec: n.Mkdirs.UsecPerOp(),
		Pathconfs: n.Pathconfs.PerSecond(), PathconfsUsec: n.Pathconfs.UsecPerOp(),
		Reads: n.Reads.PerSecond(), ReadsUsec: n.Reads.UsecPerOp(),
		Readdirs: n.Readdirs.PerSecond(), ReaddirsUsec: n.Readdirs.UsecPerOp(),
		Readdirpluses: n.Readdirpluses.PerSecond(), ReaddirplusesUsec: n.Readdirpluses.UsecPerOp(),
		Readlinks: n.Readlinks.PerSecond(), ReadlinksUsec: n.Readlinks.UsecPerOp(),
		Removes: n.Removes.PerSecond(), RemovesUsec: n.Removes.UsecPerOp(),
		Renames: n.Renames.PerSecond(), RenamesUsec: n.Renames.UsecPerOp(),
		Rmdirs: n.Rmdirs.PerSecond(), RmdirsUsec: n.Rmdirs.UsecPerOp(),
		Setattrs: n.Setattrs.PerSecond(), SetattrsUsec: n.Setattrs.UsecPerOp(),
		Symlinks: n.Symlinks.PerSecond(), SymlinksUsec: n.Symlinks.UsecPerOp(),
		Writes: n.Writes.PerSecond(), WritesUsec: n.Writes.UsecPerOp(),
		MetadataCreates: n.MetadataCreates.PerSecond(), MetadataCreatesUsec: n.MetadataCreates.UsecPerOp(),
		MetadataModifies: n.MetadataModifies.PerSecond(), MetadataModifiesUsec: n.MetadataModifies.UsecPerOp(),
		MetadataReads: n.MetadataReads.PerSecond(), MetadataReadsUsec: n.MetadataReads.UsecPerOp(),
		Other: n.Other.PerSecond(), OtherUsec: n.Other.UsecPerOp(),
		ShareReads: n.ShareReads.PerSecond(), ShareReadsUsec: n.ShareReads.UsecPerOp(),
	}
}

type httpPerformance struct {
	ReadDirs       float64 `json:"read_dirs_per_sec"`
	WriteDirs      float64 `json:"write_dirs_per_sec"`
	ReadFiles      float64 `json:"read_files_per_sec"`
	WriteFiles     float64 `json:"write_files_per_sec"`
	Others         float64 `json:"others_per_sec"`
	ReadDirsUsec   float64 `json:"usec_per_read_dir_op"`
	WriteDirsUsec  float64 `json:"usec_per_write_dir_op"`
	ReadFilesUsec  float64 `json:"usec_per_read_file_op"`
	WriteFilesUsec float64 `json:"usec_per_write_file_op"`
	OthersUsec     float64 `json:"usec_per_other_op"`
}

func httpRates(x sim.HTTPWork) httpPerformance {
	return httpPerformance{
		ReadDirs: x.ReadDirs.PerSecond(), ReadDirsUsec: x.ReadDirs.UsecPerOp(),
		WriteDirs: x.WriteDirs.PerSecond(), WriteDirsUsec: x.WriteDirs.UsecPerOp(),
		ReadFiles: x.ReadFiles.PerSecond(), ReadFilesUsec: x.ReadFiles.UsecPerOp(),
		WriteFiles: x.WriteFiles.PerSecond(), WriteFilesUsec: x.WriteFiles.UsecPerOp(),
		Others: x.Others.PerSecond(), OthersUsec: x.Others.UsecPerOp(),
	}
}

type httpItem struct {
	Name *string `json:"name"`
	httpPerformance
	Time int64   `json:"time"`
	ID   *string `json:"id"`
}

type s3Performance struct {
	ReadBuckets      float64 `json:"read_buckets_per_sec"`
	WriteBuckets     float64 `json:"write_buckets_per_sec"`
	ReadObjects      float64 `json:"read_objects_per_sec"`
	WriteObjects     float64 `json:"write_objects_per_sec"`
	Others           float64 `json:"others_per_sec"`
	ReadBucketsUsec  float64 `json:"usec_per_read_bucket_op"`
	WriteBucketsUsec float64 `json:"usec_per_write_bucket_op"`
	ReadObjectsUsec  float64 `json:"usec_per_read_object_op"`
	WriteObjectsUsec float64 `json:"usec_per_write_object_op"`
	OthersUsec       float64 `json:"usec_per_other_op"`
}

func s3Rates(x sim.S3Work) s3Performance {
	return s3Performance{
		ReadBuckets: x.ReadBuckets.PerSecond(), ReadBucketsUsec: x.ReadBuckets.UsecPerOp(),
		WriteBuckets: x.WriteBuckets.PerSecond(), WriteBucketsUsec: x.WriteBuckets.UsecPerOp(),
		ReadObjects: x.ReadObjects.PerSecond(), ReadObjectsUsec: x.ReadObjects.UsecPerOp(),
		WriteObjects: x.WriteObjects.PerSecond(), WriteObjectsUsec: x.WriteObjects.UsecPerOp(),
		Others: x.Others.PerSecond(), OthersUsec: x.Others.UsecPerOp(),
	}
}

type s3Item struct {
	Name *string `json:"name"`
	s3Performance
	Time int64   `json:"time"`
	ID   *string `json:"id"`
}

func (c *call) s3(w sim.BladeWork, at time.Time, name, id *string) s3Item {
	return s3Item{name, s3Rates(w.S3()), c.ms(at), id}
}

type clientS3 struct {
	Name *string `json:"name"`
	s3Performance
	Time int64 `json:"time"`
}

type connectorPerformance struct {
	ID            *string        `json:"id"`
	Name          *string        `json:"name"`
	Group         bladeReference `json:"link_aggregation_group"`
	OtherErrors   float64        `json:"other_errors_per_sec"`
	RxBytes       float64        `json:"received_bytes_per_sec"`
	RxPackets     float64        `json:"received_packets_per_sec"`
	CRCErrors     float64        `json:"received_crc_errors_per_sec"`
	FrameErrors   float64        `json:"received_frame_errors_per_sec"`
	TxBytes       float64        `json:"transmitted_bytes_per_sec"`
	TxPackets     float64        `json:"transmitted_packets_per_sec"`
	DroppedErrors float64        `json:"transmitted_dropped_errors_per_sec"`
	CarrierErrors float64        `json:"transmitted_carrier_errors_per_sec"`
	TotalErrors   float64        `json:"total_errors_per_sec"`
	Time          int64          `json:"time"`
}

// connectorPerformance is the traffic of a port, of several when none is named.
func (c *call) connectorPerformance(p *sim.Connector, w sim.ConnectorWork, at time.Time) connectorPerformance {
	item := connectorPerformance{
		OtherErrors: sim.PerSecond(w.OtherErrors), TotalErrors: sim.PerSecond(w.OtherErrors),
		RxBytes: sim.PerSecond(w.RxBytes), RxPackets: sim.PerSecond(w.RxPackets),
		TxBytes: sim.PerSecond(w.TxBytes), TxPackets: sim.PerSecond(w.TxPackets), Time: c.ms(at),
	}
	if p != nil {
		item.ID, item.Name = &p.ID, &p.Name
		if p.Uplink {
			item.Group = bladeReference{text(uplink), text(aggregateID(c.blade.Identity())), text("link-aggregation-groups")}
		}
	}
	return item
}
