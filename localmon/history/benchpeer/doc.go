// Package benchpeer measures the history beside the Prometheus TSDB used as a
// library, both in one run on the same samples, and prints a table of the
// ratios. It is a module of its own, so that the peer and what it needs never
// enter the product. It needs Linux, whose /proc it reads.
//
// Run: make bench-peers, or here: go test -run Peer -v -timeout 60m.
// With -run Peer/busy one workload is measured alone, PEER_SCRAPES=600 shortens
// them all, and PEER_ALIGNED=1 takes the jitter from the times. What is fixed
// (sizes) fails the test when it is too much, if nothing was shortened or
// aligned; what a clock tells is marked, + where the floor or the aim is
// reached, and never fails.
//
// # What is measured, and how it is kept fair
//
// Ingest: each store takes the samples in a process of its own, this test
// binary started again, with the runtime's settings as they are by default. Its
// peak of resident memory is VmHWM at the end; the anonymous part of it is read
// twenty times a second from outside. A third process makes the samples and
// stores them nowhere: what it takes is in both. Processor time is user and
// system time of the whole process, collector and background work included,
// less what the making of the samples took on its thread.
//
// The history writes each scrape with fsync and maintains after each, seals all
// days and makes its tiers. Prometheus writes its log without fsync and
// uncompressed, which is its cheapest, and is spared to look up a series by
// its labels: it gets the reference of the series each time, and labels are made
// beforehand. Counted are its log, its blocks of two hours and their merging
// into longer ones, done as they become due in simulated time; so is the mapping
// of finished chunks every ten minutes, where the server does it every minute.
// It gets no markers of staleness where a series is absent.
//
// Size: of Prometheus, chunks and index after all blocks were merged into one,
// which costs it nothing here; its log is left out. Of the history, the blocks of
// samples; these with names, times and the unused parts of their pages, which is the
// like for like; and the whole file with its tiers, as it lies there after the
// run and after a compaction. Entropy is that of package workload. Where all
// volumes are busy there is no floor for the size: no store could be an eighth of
// Prometheus there, as the entropy says.
//
// Queries: both stores are open in one process, freshly read from disk, and take
// turns, with a collection before each turn; the median of the turns is shown.
// Prometheus reads its one block; index look-ups are included on both sides, and
// no query language is. A query of one series hands out every sample. For many series
// Prometheus hands out every sample, to be added up in a loop. The history is
// asked in three ways: each series by itself, every sample handed out, which is
// the same work; Across by the scrape's interval and by two intervals,
// which decodes every sample too and answers with a curve; and Across by 5
// minutes and by an hour, which its tiers answer: those of 1 hour are made
// week by week, so that only the workload of two weeks has them. All are divided by the number
// of samples that the answer is made of.
package benchpeer
