package environment

import "context"

// Prepare brings up the cluster with the operator and the images. What is there
// already is kept, or replaced where it is older. After an error the cluster is
// not nil if it was reached.
func Prepare(ctx context.Context, steps Steps) (cluster *Cluster, changed Changed, err error) {
	err = steps.Do("cluster", func() (err error) {
		cluster, err = Open(ctx)
		return err
	})
	if err != nil {
		return cluster, nil, err
	}
	if err := steps.Do("build the images", func() error { return cluster.BuildImages(ctx) }); err != nil {
		return cluster, nil, err
	}
	err = steps.Do("load the images that changed", func() (err error) {
		changed, err = cluster.LoadImages(ctx)
		return err
	})
	if err != nil {
		return cluster, nil, err
	}
	err = steps.Do("operator", func() error { return cluster.InstallOperator(ctx, changed) })
	return cluster, changed, err
}
