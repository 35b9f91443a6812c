package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path"
	"sort"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// file is one entry of an image: a copy of a host file (source), given content, a symbolic link
// (link) or a folder. Times are left at zero, so equal inputs make equal layers.
type file struct {
	path   string
	mode   int64
	owner  int
	source string
	link   string
	folder bool

	content []byte
}

func layerOf(files []file) (v1.Layer, error) {
	files = withoutDuplicates(files)
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, entry := range files {
		if err := entry.writeTo(writer); err != nil {
			return nil, fmt.Errorf("add %s: %w", entry.path, err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("close the layer: %w", err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
	// The archive is read once on this machine: time matters, size does not.
	layer, err := tarball.LayerFromOpener(open, tarball.WithCompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, fmt.Errorf("make the layer: %w", err)
	}
	return layer, nil
}

// withoutDuplicates sorts by path, so that folders come before what is in them, and keeps the
// first of several entries for one path.
func withoutDuplicates(files []file) []file {
	sorted := append([]file(nil), files...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].path < sorted[j].path })
	var unique []file
	for _, entry := range sorted {
		if len(unique) == 0 || unique[len(unique)-1].path != entry.path {
			unique = append(unique, entry)
		}
	}
	return unique
}

func (f file) writeTo(writer *tar.Writer) error {
	header := &tar.Header{
		Name: strings.TrimPrefix(path.Clean(f.path), "/"),
		Mode: f.mode, Uid: f.owner, Gid: f.owner, Format: tar.FormatPAX,
	}
	switch {
	case f.folder:
		header.Typeflag = tar.TypeDir
		header.Name += "/"
		return writer.WriteHeader(header)
	case f.link != "":
		header.Typeflag, header.Linkname, header.Mode = tar.TypeSymlink, f.link, 0o777
		return writer.WriteHeader(header)
	case f.source != "":
		return copyFile(writer, header, f.source)
	}
	header.Typeflag, header.Size = tar.TypeReg, int64(len(f.content))
	if err := writer.WriteHeader(header); err != nil {
		return err
	}
	_, err := writer.Write(f.content)
	return err
}

func copyFile(writer *tar.Writer, header *tar.Header, source string) error {
	input, err := os.Open(source)
	if err != nil {
		return err
	}
	defer func() { _ = input.Close() }()
	info, err := input.Stat()
	if err != nil {
		return err
	}
	header.Typeflag, header.Size = tar.TypeReg, info.Size()
	if header.Mode == 0 {
		header.Mode = int64(info.Mode().Perm())
	}
	if err := writer.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(writer, input)
	return err
}
